/* Ticking who is there: every tick is kept on this phone first and sent at once; without a signal it waits here and goes
   out when there is one. Each has a key of its own, so sending it twice changes nothing. Without script the form saves the
   whole list. No words are written here: they come from the page. */
(function () {
  "use strict";
  var form = document.querySelector("[data-roll]");
  var state = document.querySelector("[data-roll-state]");
  if (!form || !state || !window.fetch || !window.localStorage) return;

  var store = "roll:" + form.dataset.roll;
  var day = form.dataset.day;
  var meta = document.querySelector("meta[name=csrf-token]");
  var sending = false;
  var refused = false;

  function key() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }

  function kept() {
    try { return JSON.parse(localStorage.getItem(store)) || []; } catch (_) { return []; }
  }

  function keep(marks) {
    if (marks.length) localStorage.setItem(store, JSON.stringify(marks));
    else localStorage.removeItem(store);
  }

  function say(kind, words) {
    state.className = "save-state" + (kind ? " save-state--" + kind : "");
    state.textContent = words;
  }

  function show() {
    var waiting = kept().length;
    if (refused) say("failed", state.dataset.wordsGone);
    else if (waiting) say("failed", state.dataset.wordsWaiting + " (" + waiting + ")");
    else say("saved", state.dataset.wordsSaved);
  }

  function send() {
    var marks = kept().slice(0, 400);
    if (sending || !marks.length) { show(); return; }
    sending = true;
    say("", state.dataset.wordsSaving);
    fetch(form.dataset.url, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": meta ? meta.content : "" },
      body: JSON.stringify({ marks: marks })
    }).then(function (answer) {
      if (!answer.ok) { refused = true; return; }
      refused = false;
      var sent = marks.map(function (one) { return one.key; });
      keep(kept().filter(function (one) { return sent.indexOf(one.key) < 0; }));
    }).catch(function () { /* no signal: what is kept stays */ }).then(function () {
      sending = false;
      show();
      if (!refused && kept().length && navigator.onLine) setTimeout(send, 4000);
    });
  }

  /* What was ticked before the page was loaded and never sent is shown as it was ticked. */
  kept().forEach(function (one) {
    var box = one.day === day && document.getElementById("u" + one.user);
    if (box) box.checked = one.present;
  });
  form.addEventListener("change", function (event) {
    var box = event.target;
    if (!box.hasAttribute("data-tick")) return;
    keep(kept().concat([{ key: key(), day: day, user: Number(box.value), present: box.checked, at: Date.now() }]));
    send();
  });
  var button = document.querySelector("[data-roll-submit]");
  if (button) button.hidden = true;
  window.addEventListener("online", send);
  setInterval(function () { if (!refused && kept().length && navigator.onLine) send(); }, 10000);
  send();
})();
