/* Sitting a quiz: every change is sent at once. What cannot be sent stays on this device, in the order it was given,
   and goes out when the network is back; the server takes the same answer twice without harm. Without script the form
   saves and hands in by itself. No words are written here: they come from the form's data attributes. */
(function () {
  "use strict";
  var form = document.querySelector("[data-attempt]");
  if (!form || !window.fetch) return;

  var words = form.dataset;
  var key = "attempt:" + form.dataset.attempt;
  var note = document.querySelector("[data-offline]");
  var total = form.querySelector("[data-total]");
  var csrf = document.querySelector("meta[name=csrf-token]").content;
  var queue = load();
  var sending = false;
  var ended = false;

  function load() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (_) { return {}; }
  }

  function keep() {
    try {
      if (Object.keys(queue).length) localStorage.setItem(key, JSON.stringify(queue));
      else localStorage.removeItem(key);
    } catch (_) { /* a full or forbidden store: the answers are still in the page */ }
  }

  function questionOf(ref) {
    return form.querySelector('[data-question="' + CSS.escape(ref) + '"]');
  }

  function fieldsOf(question) {
    var whole = "q-" + question.dataset.question;
    var fields = {};
    question.querySelectorAll("input, select").forEach(function (one) {
      if (one.name !== whole && one.name.indexOf(whole + ".") !== 0) return;
      var name = one.name.slice(whole.length).replace(/^\./, "");
      if ((one.type === "radio" || one.type === "checkbox") && !one.checked) {
        fields[name] = fields[name] || [];
        return;
      }
      fields[name] = (fields[name] || []).concat(one.value);
    });
    return fields;
  }

  function say(question, kind, text) {
    var state = question.querySelector("[data-state]");
    state.className = "save-state" + (kind ? " save-state--" + kind : "");
    state.textContent = text;
  }

  function mark(ref, fields) {
    var link = document.querySelector('[data-map="' + CSS.escape(ref) + '"]');
    var given = Object.keys(fields).some(function (name) { return fields[name].some(Boolean); });
    if (link) link.classList.toggle("is-answered", given);
  }

  function put(question) {
    var ref = question.dataset.question;
    var fields = fieldsOf(question);
    queue[ref] = { ref: ref, fields: fields, seq: Math.max(Date.now(), (queue[ref] ? queue[ref].seq : 0) + 1) };
    keep();
    mark(ref, fields);
    say(question, "", words.wordsSaving);
    send();
  }

  function show() {
    var waiting = Object.keys(queue).length;
    note.hidden = !waiting || sending;
  }

  function send() {
    if (sending || ended) return;
    var refs = Object.keys(queue).sort(function (a, b) { return queue[a].seq - queue[b].seq; });
    if (!refs.length) { show(); return; }
    var one = queue[refs[0]];
    sending = true;
    fetch(form.dataset.saveUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify(one),
      redirect: "manual",
      credentials: "same-origin"
    }).then(function (answer) {
      if (answer.type === "opaqueredirect") { ended = true; throw new Error("signed out"); }
      if (answer.status >= 500 || answer.status === 429) throw new Error("later");
      return answer.json().then(function (said) { taken(one, answer.ok, said); });
    }).then(function () {
      sending = false;
      show();
      send();
    }).catch(function () {
      sending = false;
      show();
      failed();
    });
  }

  /* The server has answered: the answer is saved, or refused for good. A newer one given meanwhile stays in the queue. */
  function taken(one, ok, said) {
    if (queue[one.ref] && queue[one.ref].seq === one.seq) { delete queue[one.ref]; keep(); }
    var question = questionOf(one.ref);
    if (!question) return;
    if (!ok) { say(question, "failed", said.error && said.error.text ? said.error.text : String(said.error || words.wordsFailed)); return; }
    if (said.story) question.querySelector("[data-body]").innerHTML = said.story;
    say(question, "saved", words.wordsSaved.replace("{time}", said.saved));
    total.className = "save-state save-state--saved";
    total.textContent = words.wordsSaved.replace("{time}", said.saved);
  }

  function failed() {
    Object.keys(queue).forEach(function (ref) {
      var question = questionOf(ref);
      if (question) say(question, "failed", words.wordsFailed);
    });
    if (ended) { total.className = "save-state save-state--failed"; total.textContent = words.wordsEnded; }
  }

  /* What was given before the page was left or the power went: back into the form, and out to the server. */
  function restore() {
    Object.keys(queue).forEach(function (ref) {
      var question = questionOf(ref);
      if (!question) { delete queue[ref]; return; }
      var fields = queue[ref].fields;
      question.querySelectorAll("input, select").forEach(function (one) {
        var name = one.name.slice(("q-" + ref).length).replace(/^\./, "");
        var values = fields[name] || [];
        if (one.type === "radio" || one.type === "checkbox") one.checked = values.indexOf(one.value) >= 0;
        else if (one.type !== "hidden" && values.length) one.value = values[0];
      });
      mark(ref, fields);
    });
    keep();
  }

  form.addEventListener("change", function (event) {
    var question = event.target.closest("[data-question]");
    if (question) put(question);
  });

  form.addEventListener("submit", function (event) {
    if (!Object.keys(queue).length) return;
    event.preventDefault();
    total.className = "save-state save-state--failed";
    total.textContent = ended ? words.wordsEnded : words.wordsWait;
    send();
  });

  window.addEventListener("online", send);
  window.setInterval(send, 5000);
  restore();
  send();
})();
