/* A lesson for a hall. The whole of it is in the page: this script shows one screen at a time, keeps what is entered on the
   phone, and at the end puts the evening into a queue that is sent when there is a signal. Each evening has a key of its
   own, so sending it twice makes one. Without script the page is one long form. No words are written here. */
(function () {
  "use strict";
  var QUEUE = "group-lessons";
  var KEPT = "group-lesson";
  var form = document.querySelector("[data-group]");
  var state = document.querySelector("[data-group-state]");
  var meta = document.querySelector("meta[name=csrf-token]");
  var sending = false;
  var refused = false;
  if (!window.fetch || !window.localStorage) return;

  function read(name, otherwise) {
    try { return JSON.parse(localStorage.getItem(name)) || otherwise; } catch (_) { return otherwise; }
  }

  function write(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(value));
    } catch (_) { /* a full store: what was entered is still in the page */ }
  }

  function say(kind, words) {
    if (!state) return;
    state.className = "save-state save-state--" + kind;
    state.textContent = words;
  }

  function show(sent) {
    var waiting = read(QUEUE, []).length;
    if (refused) say("failed", state ? state.dataset.wordsRefused : "");
    else if (waiting) say("failed", state ? state.dataset.wordsWaiting : "");
    else if (sent) say("saved", state ? state.dataset.wordsSent : "");
  }

  function send() {
    var queue = read(QUEUE, []);
    if (sending || !queue.length) return;
    var first = queue[0];
    sending = true;
    fetch(first.url, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": meta ? meta.content : "" },
      // what this phone's clock says now, so that the server can set it right
      body: JSON.stringify(Object.assign({}, first.evening, { sent: Date.now() }))
    }).then(function (answer) {
      if (!answer.ok) { refused = true; return; }
      refused = false;
      var left = read(QUEUE, []).filter(function (one) { return one.evening.key !== first.evening.key; });
      write(QUEUE, left.length ? left : null);
    }).catch(function () { /* no signal: it stays in the queue */ }).then(function () {
      sending = false;
      show(true);
      if (!refused && read(QUEUE, []).length && navigator.onLine) setTimeout(send, 4000);
    });
    show(false);
  }

  window.addEventListener("online", send);
  setInterval(function () { if (!refused && navigator.onLine) send(); }, 10000);
  if (!form) { show(false); send(); return; }

  var screens = Array.prototype.slice.call(form.querySelectorAll("[data-screen]"));
  var draft = "group-draft:" + form.dataset.user + ":" + location.pathname;
  var saved = read(draft, {});
  var at = saved.at || 0;
  var key = saved.key || form.dataset.key;
  var began = saved.began || Number(form.dataset.began);
  var fields = form.querySelectorAll("input[type=text], input[type=number], input[type=checkbox]");

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  }

  function keep() {
    var values = {};
    Array.prototype.forEach.call(fields, function (one) {
      if (one.type === "checkbox") { if (one.checked) values[one.id] = true; } else if (one.value) values[one.id] = one.value;
    });
    write(draft, { at: at, key: key, began: began, values: values });
    var many = form.querySelectorAll("input[name=present]:checked").length;
    form.querySelector("[data-summary]").textContent = many + " " + state.dataset.wordsPeople;
  }

  function go(where) {
    at = Math.max(0, Math.min(screens.length - 1, where));
    screens.forEach(function (one, place) { one.hidden = place !== at; });
    form.querySelector("[data-place]").textContent = (at + 1) + " / " + screens.length;
    form.querySelector("[data-back]").disabled = at === 0;
    form.querySelector("[data-on]").disabled = at === screens.length - 1;
    window.scrollTo(0, 0);
    keep();
  }

  Array.prototype.forEach.call(fields, function (one) {
    var value = (saved.values || {})[one.id];
    if (value === undefined) return;
    if (one.type === "checkbox") one.checked = true; else one.value = value;
  });
  Array.prototype.forEach.call(form.querySelectorAll("[data-more], [data-less]"), function (button) {
    var more = button.hasAttribute("data-more");
    button.hidden = false;
    button.addEventListener("click", function () {
      var input = document.getElementById(more ? button.dataset.more : button.dataset.less);
      input.value = Math.max(0, Number(input.value || 0) + (more ? 1 : -1));
      keep();
    });
  });
  var find = form.querySelector("[data-find]");
  if (find) {
    find.hidden = false;
    find.addEventListener("input", function (event) {
      var wanted = plain(event.target.value);
      Array.prototype.forEach.call(form.querySelectorAll("[data-name]"), function (one) {
        one.hidden = plain(one.dataset.name).indexOf(wanted) < 0;
      });
    });
  }
  form.querySelector("[data-bar]").hidden = false;
  document.querySelector("main").classList.add("hall--playing");
  form.querySelector("[data-back]").addEventListener("click", function () { go(at - 1); });
  form.querySelector("[data-on]").addEventListener("click", function () { go(at + 1); });
  form.addEventListener("input", keep);
  document.addEventListener("keydown", function (event) {
    if (/^(INPUT|SELECT|TEXTAREA|SUMMARY)$/.test(event.target.tagName)) return;
    if (event.key === "ArrowRight" || event.key === "PageDown") go(at + 1);
    if (event.key === "ArrowLeft" || event.key === "PageUp") go(at - 1);
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var hands = {};
    Array.prototype.forEach.call(form.querySelectorAll("input[name^='hands.']"), function (one) {
      if (one.value === "") return;
      var parts = one.name.split(".");
      hands[parts[1]] = hands[parts[1]] || {};
      hands[parts[1]][parts[2]] = Math.max(0, Math.round(Number(one.value)) || 0);
    });
    var evening = {
      key: key, place: form.elements.place.value, began: began, ended: Date.now(),
      present: Array.prototype.map.call(form.querySelectorAll("input[name=present]:checked"), function (one) { return Number(one.value); }),
      others: Math.max(0, Math.round(Number(form.elements.others.value)) || 0), hands: hands
    };
    var queue = read(QUEUE, []).filter(function (one) { return one.evening.key !== key; });
    write(QUEUE, queue.concat([{ url: form.getAttribute("action"), evening: evening }]));
    write(draft, null);
    form.querySelector("button[type=submit]").disabled = true;
    refused = false;
    send();
    show(false);
  });
  go(at);
  show(false);
  send();

  /* Keeping the page for a hall without a signal; where the browser cannot, the open page still works. */
  if (navigator.serviceWorker && window.caches) {
    navigator.serviceWorker.register(form.dataset.worker).then(function () {
      return caches.delete(KEPT);
    }).then(function () { return caches.open(KEPT); }).then(function (cache) {
      var files = Array.prototype.map.call(
        document.querySelectorAll("link[rel=stylesheet], link[rel=preload], link[rel=icon], script[src], img[src]"),
        function (one) { return one.href || one.src; }
      ).filter(function (address) { return address.indexOf(location.origin) === 0; });
      return cache.addAll([location.href].concat(files.filter(function (one, place) { return files.indexOf(one) === place; })));
    }).then(function () {
      var note = form.querySelector("[data-kept]");
      if (note) note.hidden = false;
      form.dataset.ready = "yes";
    }).catch(function () { /* nothing is kept; nothing is lost either */ });
  }
})();
