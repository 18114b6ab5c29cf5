/* Sitting a quiz: every change is sent at once. What cannot be sent stays on this device, in the order it was given,
   and goes out when the network is back; the server takes the same answer twice without harm, and an older one never
   overwrites a newer. Nothing leaves the device's store before the server has said that it is saved or refused for
   good. Without script the form saves and hands in by itself. No words are written here: they come from the form's
   data attributes. */
(function () {
  "use strict";
  var form = document.querySelector("[data-attempt]");
  if (!form || !window.fetch) return;

  var WAIT = 20000; // a request on a dying signal may hang for minutes
  var words = form.dataset;
  var key = "attempt:" + words.attempt;
  var note = document.querySelector("[data-offline]");
  var total = form.querySelector("[data-total]");
  var meta = document.querySelector("meta[name=csrf-token]");
  // counts are milliseconds of the server's clock, for two devices may disagree about the time
  var offset = words.now ? Number(words.now) - Date.now() : 0;
  var last = 0;
  var sending = null;
  var ended = false;
  var leaving = false;
  var queue = stored();

  /* The store. Other tabs write to it as well: only this tab's own entries are changed. */
  function stored() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (_) { return {}; }
  }

  function store(change) {
    var all = stored();
    change(all);
    try {
      if (Object.keys(all).length) localStorage.setItem(key, JSON.stringify(all));
      else localStorage.removeItem(key);
    } catch (_) { /* a full or forbidden store: the answers are still in the page */ }
  }

  function waiting() {
    return Object.keys(queue).sort(function (a, b) { return queue[a].seq - queue[b].seq; });
  }

  function add(one) {
    queue[one.ref] = one;
    store(function (all) { all[one.ref] = one; });
  }

  function drop(one) { // a newer answer, given meanwhile, stays
    if (queue[one.ref] && queue[one.ref].seq === one.seq) delete queue[one.ref];
    store(function (all) { if (all[one.ref] && all[one.ref].seq <= one.seq) delete all[one.ref]; });
  }

  /* The page. */
  function questionOf(ref) {
    return form.querySelector('[data-question="' + CSS.escape(ref) + '"]');
  }

  function controls(question) {
    var whole = "q-" + question.dataset.question;
    return Array.prototype.filter.call(question.querySelectorAll("input, select, textarea"), function (one) {
      return one.name === whole || one.name.indexOf(whole + ".") === 0;
    });
  }

  function rowOf(question, control) {
    return control.name.slice(("q-" + question.dataset.question).length).replace(/^\./, "");
  }

  function ticks(control) {
    return control.type === "radio" || control.type === "checkbox";
  }

  function fieldsOf(question) {
    var fields = {};
    controls(question).forEach(function (one) {
      var row = rowOf(question, one);
      fields[row] = fields[row] || [];
      if (!ticks(one) || one.checked) fields[row].push(one.value);
    });
    return fields;
  }

  function say(place, kind, text) {
    if (!place) return;
    place.className = "save-state" + (kind ? " save-state--" + kind : "");
    place.textContent = text;
  }

  function sayAt(ref, kind, text) {
    var question = questionOf(ref);
    if (question) say(question.querySelector("[data-state]"), kind, text);
  }

  function mapped(ref, fields) {
    var link = document.querySelector('[data-map="' + CSS.escape(ref) + '"]');
    var given = Object.keys(fields).some(function (row) { return fields[row].some(Boolean); });
    if (link) link.classList.toggle("is-answered", given);
  }

  function show() {
    if (note) note.hidden = ended || !waiting().length;
    waiting().forEach(function (ref) { sayAt(ref, "failed", words.wordsFailed); });
    if (ended) say(total, "failed", words.wordsEnded);
  }

  function put(question) {
    var ref = question.dataset.question;
    var fields = fieldsOf(question);
    last = Math.max(Date.now() + offset, last + 1, queue[ref] ? queue[ref].seq + 1 : 0);
    add({ ref: ref, fields: fields, seq: last });
    mapped(ref, fields);
    sayAt(ref, "", words.wordsSaving);
    return send();
  }

  /* The network. */
  function request(address, options) {
    var stop = window.AbortController ? new AbortController() : null;
    var clock = window.setTimeout(function () { if (stop) stop.abort(); }, WAIT);
    options.credentials = "same-origin";
    options.redirect = "manual";
    if (stop) options.signal = stop.signal;
    return fetch(address, options).then(
      function (answer) { window.clearTimeout(clock); return answer; },
      function (error) { window.clearTimeout(clock); throw error; }
    );
  }

  function later() {
    return new Error("later");
  }

  /* A session that ended and began again has another token: take it from the page as it would be drawn now. */
  function renew() {
    return request(window.location.pathname, { headers: { Accept: "text/html" } }).then(function (answer) {
      ended = answer.type === "opaqueredirect";
      if (!answer.ok) throw later();
      return answer.text();
    }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("meta[name=csrf-token]");
      if (!fresh || fresh.content === meta.content) throw later();
      meta.content = fresh.content;
      Array.prototype.forEach.call(document.querySelectorAll("input[name=csrf_token]"), function (one) {
        one.value = fresh.content;
      });
    });
  }

  function post(one, again) {
    return request(words.saveUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": meta.content },
      body: JSON.stringify(one)
    }).then(function (answer) {
      var there = Date.parse(answer.headers.get("Date"));
      if (there && Math.abs(there - Date.now() - offset) > 5000) offset = there - Date.now();
      if (answer.type === "opaqueredirect") { ended = true; throw later(); }
      if (answer.ok) return answer.json().then(function (said) { saved(one, said); });
      return answer.json().catch(function () { throw later(); }).then(function (said) {
        if (said.final) { refused(one, said); return undefined; }
        if (answer.status !== 400 || again) throw later();
        return renew().then(function () { return post(one, true); });
      });
    });
  }

  function drain() {
    var refs = waiting();
    if (!refs.length) return Promise.resolve();
    return post(queue[refs[0]], false).then(drain);
  }

  /* Sends what waits, one after the other; the promise says whether nothing is left. */
  function send() {
    if (!sending) {
      sending = drain().then(
        function () { ended = false; },
        function () { /* it stays in the queue */ }
      ).then(function () {
        sending = null;
        show();
        return !waiting().length;
      });
    }
    return sending;
  }

  function saved(one, said) {
    var newest = queue[one.ref] && queue[one.ref].seq === one.seq;
    drop(one);
    var question = questionOf(one.ref);
    if (!question || !newest) return;
    if (said.story) tell(question, said.story);
    sayAt(one.ref, "saved", words.wordsSaved.replace("{time}", said.saved));
    say(total, "saved", words.wordsSaved.replace("{time}", said.saved));
  }

  function refused(one, said) {
    drop(one);
    sayAt(one.ref, "failed", String(said.error));
  }

  function tell(question, story) {
    var body = question.querySelector("[data-body]");
    var here = body.contains(document.activeElement);
    body.innerHTML = story;
    var now = body.querySelector("[data-now]");
    if (here && now) now.focus();
  }

  /* What was given before the page was left or the power went: back into the form, and out to the server. */
  function restore() {
    waiting().forEach(function (ref) {
      var question = questionOf(ref);
      if (!question) { drop(queue[ref]); return; }
      var fields = queue[ref].fields;
      controls(question).forEach(function (one) {
        var values = fields[rowOf(question, one)] || [];
        if (ticks(one)) one.checked = values.indexOf(one.value) >= 0;
        else if (one.type !== "hidden") one.value = values.length ? values[0] : "";
      });
      last = Math.max(last, queue[ref].seq);
      mapped(ref, fields);
    });
  }

  /* Handing in: first everything that waits, then the form. Whatever fails, the page and its answers stay. */
  function leave(button, again) {
    if (leaving) return;
    leaving = true;
    send().then(function (empty) { return empty || send(); }).then(function (empty) {
      if (!empty) throw later();
      var body = new FormData(form);
      if (button && button.name) body.append(button.name, button.value);
      return request(form.action, { method: "POST", body: body, headers: { Accept: "text/html" } });
    }).then(function (answer) {
      if (answer.type === "opaqueredirect") { window.location.assign(window.location.pathname); return undefined; }
      if (answer.status !== 400 || again) throw later();
      return renew().then(function () { leaving = false; leave(button, true); });
    }).catch(function () {
      leaving = false;
      say(total, "failed", ended ? words.wordsEnded : words.wordsWait);
    });
  }

  var typing = {};
  function typed(question) {
    var ref = question.dataset.question;
    window.clearTimeout(typing[ref]);
    typing[ref] = null;
  }

  form.addEventListener("change", function (event) {
    var question = event.target.closest("[data-question]");
    if (!question || event.target.closest("[data-story]")) return; // a step of a story is taken with its button
    typed(question);
    put(question);
  });

  form.addEventListener("input", function (event) {
    var question = event.target.closest("[data-question]");
    if (!question || ticks(event.target) || event.target.tagName === "SELECT") return;
    typed(question);
    typing[question.dataset.question] = window.setTimeout(function () {
      typed(question);
      put(question);
    }, 1500);
  });

  form.addEventListener("keydown", function (event) { // Enter in a field of text saves; it does not hand in
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || ticks(event.target)) return;
    var question = event.target.closest("[data-question]");
    event.preventDefault();
    if (question) { typed(question); put(question); }
  });

  form.addEventListener("click", function (event) {
    var button = event.target.closest("[data-step]");
    if (!button) return;
    event.preventDefault();
    var question = button.closest("[data-question]");
    if (question.querySelector("[data-story] input:checked")) put(question);
  });

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    Object.keys(typing).forEach(function (ref) {
      if (typing[ref]) { var question = questionOf(ref); typed(question); put(question); }
    });
    leave(event.submitter || form.querySelector("[data-submit]"));
  });

  document.addEventListener("visibilitychange", function () { if (!document.hidden) send(); });
  window.addEventListener("online", send);
  window.addEventListener("pageshow", function (event) { if (event.persisted) { leaving = false; window.location.reload(); } });
  window.setInterval(function () { if (waiting().length && !ended) send(); }, 5000);
  restore();
  if (waiting().length) send();
})();
