/* A paper list, typed in a hall where the network comes and goes. Each person goes into this device's store at once and
   from there to the server, again and again until it has answered; the server knows a row by its key and takes it once.
   A row leaves the store when the server has it; one that was refused stays, to be corrected. Without script the form
   sends one person at a time. No words are written here: they come from the form's data attributes. */
(function () {
  "use strict";
  var form = document.querySelector("[data-register]");
  if (!form || !window.fetch || !window.crypto) return;

  var WAIT = 20000;
  var words = form.dataset;
  var store = "register:" + words.person + ":" + words.unit;
  var list = document.querySelector("[data-list]");
  var place = list.querySelector("[data-rows]");
  var offline = list.querySelector("[data-offline]");
  var said = form.querySelector("[data-said]");
  var token = form.elements.csrf_token;
  var sending = null;
  var ended = false;
  var rows = kept();      // what waits or was refused, in the order it was typed; also in the store
  var done = [];          // what the server has: shown on this page only, for the device may be another's tomorrow
  var before = rows.length ? rows[rows.length - 1] : null;

  function kept() {
    try { var all = JSON.parse(localStorage.getItem(store)); return Array.isArray(all) ? all : []; } catch (_) { return []; }
  }

  function keep() {
    try {
      if (rows.length) localStorage.setItem(store, JSON.stringify(rows));
      else localStorage.removeItem(store);
    } catch (_) { /* a forbidden store: the rows are still in the page */ }
  }

  function key() {
    var bytes = new Uint8Array(18);
    window.crypto.getRandomValues(bytes);
    return btoa(String.fromCharCode.apply(null, bytes)).replace(/\+/g, "-").replace(/\//g, "_");
  }

  function chosen(name) {
    var one = form.querySelector('input[name="' + name + '"]:checked');
    return one ? one.value : "";
  }

  function say(kind, text) {
    said.className = "save-state" + (kind ? " save-state--" + kind : "");
    said.textContent = text;
  }

  /* The form: only what belongs to the chosen household is shown. */
  function fit() {
    var home = chosen("home");
    form.querySelector("[data-known]").hidden = home !== "known";
    form.querySelector("[data-new]").hidden = home !== "new";
    var same = form.querySelector("[data-same]");
    if (same && before) {
      same.hidden = false;
      same.querySelector("[data-same-name]").textContent = "(" + before.full_name + ")";
    }
  }

  function read() {
    var home = chosen("home");
    var row = {
      key: form.elements.key.value, full_name: form.elements.full_name.value.normalize("NFC").replace(/\s+/g, " ").trim(),
      phone: form.elements.phone.value.trim(), audience: chosen("audience"), household: null,
      household_key: form.elements.household_key.value, has_child: chosen("has_child") === "yes",
      bands: Array.prototype.map.call(form.querySelectorAll('input[name="bands"]:checked'), function (one) { return one.value; }),
      consent: form.elements.consent.checked, version: form.elements.version.value,
      grown_up: form.elements.grown_up.checked
    };
    var after = Number(new URL(form.action, window.location.href).searchParams.get("after"));
    if (home === "known") row.household = Number(form.elements.household.value) || null;
    else if (home === "same" && before) { row.household = before.household; row.household_key = before.household_key; }
    else if (home === "same" && after) row.household = after;
    return row;
  }

  function fault(row) {
    if (row.full_name.indexOf(" ") < 0) return [words.wordsName, form.elements.full_name];
    if (chosen("home") === "known" && !row.household) return [words.wordsNumber, form.elements.household];
    if (!row.consent) return [words.wordsConsent, form.elements.consent];
    return null;
  }

  function renew(home) {
    form.elements.key.value = key();
    form.elements.household_key.value = key();
    ["full_name", "phone", "household"].forEach(function (name) { form.elements[name].value = ""; });
    form.elements.consent.checked = false;
    form.elements.grown_up.checked = false;
    form.querySelector("[data-grown-up]").classList.add("only-if-asked");
    Array.prototype.forEach.call(form.querySelectorAll('input[name="bands"]'), function (one) { one.checked = false; });
    form.querySelector('input[name="home"][value="' + home + '"]').checked = true;
    fit();
    form.elements.full_name.focus();
  }

  /* Back into the form, with the same key: the server has not taken it. */
  function correct(row) {
    rows = rows.filter(function (one) { return one.key !== row.key; });
    keep();
    form.elements.key.value = row.key;
    form.elements.household_key.value = row.household_key;
    form.elements.full_name.value = row.full_name;
    form.elements.phone.value = row.phone;
    form.elements.household.value = row.household || "";
    form.elements.consent.checked = row.consent;
    form.querySelector("[data-grown-up]").classList.remove("only-if-asked");
    check("audience", row.audience);
    check("has_child", row.has_child ? "yes" : "no");
    check("home", row.household ? "known" : "new");
    Array.prototype.forEach.call(form.querySelectorAll('input[name="bands"]'), function (one) {
      one.checked = row.bands.indexOf(one.value) >= 0;
    });
    fit();
    show();
    form.elements.full_name.focus();
  }

  function check(name, value) {
    var one = form.querySelector('input[name="' + name + '"][value="' + value + '"]');
    if (one) one.checked = true;
  }

  /* The list. */
  function element(tag, kind, text) {
    var one = document.createElement(tag);
    if (kind) one.className = kind;
    if (text) one.textContent = text;
    return one;
  }

  function line(row, state, text) {
    var item = element("li", "task");
    item.appendChild(element("span", "task__title", row.full_name));
    item.appendChild(element("span", "save-state" + (state ? " save-state--" + state : ""), text));
    item.dataset.state = state || "waiting";
    if (row.refused) {
      var buttons = element("span", "actions");
      [[words.wordsCorrect, function () { correct(row); }], [words.wordsRemove, function () { remove(row); }]].forEach(function (one) {
        var button = element("button", "button button--quiet", one[0]);
        button.type = "button";
        button.addEventListener("click", one[1]);
        buttons.appendChild(button);
      });
      item.appendChild(buttons);
    }
    return item;
  }

  function remove(row) {
    rows = rows.filter(function (one) { return one.key !== row.key; });
    keep();
    show();
  }

  function waiting() {
    return rows.filter(function (row) { return !row.refused; });
  }

  function show() {
    place.textContent = "";
    done.forEach(function (row) { place.appendChild(line(row, "saved", row.text)); });
    rows.forEach(function (row) {
      place.appendChild(line(row, row.refused ? "failed" : "", row.refused || (sending ? words.wordsSending : words.wordsWaiting)));
    });
    list.hidden = !(rows.length + done.length);
    list.querySelector("[data-count]").textContent = (rows.length + done.length) + " / " + words.most;
    list.querySelector("[data-send]").hidden = !waiting().length;
    offline.hidden = Boolean(sending) || !waiting().length;
    if (ended) say("failed", words.wordsEnded);
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

  function later() { return new Error("later"); }

  function fresh() { // a session that ended and began again has another token
    return request(window.location.href, { headers: { Accept: "text/html" } }).then(function (answer) {
      if (answer.type === "opaqueredirect") ended = true;
      if (!answer.ok) throw later();
      return answer.text();
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html").querySelector("[data-register]");
      // somebody else may have signed in on this phone: these rows are not hers to send
      if (!page || page.dataset.person !== words.person) throw later();
      var found = page.querySelector("input[name=csrf_token]");
      if (!found || found.value === token.value) throw later();
      token.value = found.value;
    });
  }

  function post(part, again) {
    return request(words.rowsUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token.value },
      body: JSON.stringify({ unit: Number(words.unit), rows: part })
    }).then(function (answer) {
      if (answer.type === "opaqueredirect") {
        ended = true;
        if (again) throw later();
        return fresh().then(function () { return post(part, true); });
      }
      if (answer.ok) return answer.json().then(taken);
      if (answer.status !== 400 || again) throw later();
      return fresh().then(function () { return post(part, true); });
    });
  }

  function taken(answer) {
    ended = false;
    answer.rows.forEach(function (one) {
      var row = rows.filter(function (other) { return other.key === one.key; })[0];
      if (!row) return;
      if (one.state === "refused") { row.refused = one.text; say("failed", row.full_name + ": " + one.text); return; }
      rows = rows.filter(function (other) { return other.key !== one.key; });
      row.text = one.text;
      var number = Number(one.household.slice(one.household.lastIndexOf("-") + 1));
      if (before && before.key === row.key) before.household = number;
      done.push(row);
      say("saved", row.full_name + ": " + row.text);
    });
    keep();
    show();
  }

  function drain() {
    var part = waiting().slice(0, 8);
    if (!part.length) return Promise.resolve();
    return post(part, false).then(drain);
  }

  function send() {
    if (!sending) {
      sending = drain().then(function () { ended = false; }, function () { /* it stays in the store */ }).then(function () {
        sending = null;
        show();
      });
      show();
    }
    return sending;
  }

  form.addEventListener("change", fit);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var row = read();
    var wrong = fault(row);
    if (!wrong && rows.length + done.length >= Number(words.most)) {
      if (waiting().length) wrong = [words.wordsFull, form.elements.full_name];
      else done = []; // a new list begins; what was refused stays until it is corrected
    }
    if (wrong) {
      say("failed", wrong[0]);
      wrong[1].focus();
      return;
    }
    say("", row.full_name + ": " + words.wordsWaiting);
    rows.push(row);
    before = row;
    keep();
    renew("new");
    show();
    send();
  });
  list.querySelector("[data-send]").addEventListener("click", send);
  document.addEventListener("visibilitychange", function () { if (!document.hidden && waiting().length) send(); });
  window.addEventListener("online", send);
  window.setInterval(function () { if (waiting().length && !ended) send(); }, 5000);
  fit();
  show();
  if (waiting().length) send();
})();
