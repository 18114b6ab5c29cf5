/* Keeps this page, and what it is drawn with, on the phone, so that it opens again in a hall without a signal. Only pages
   that ask for it (data-keep names the worker, data-keep-at the folder that the worker serves). Whoever signs out, leaves
   quickly, or finds nobody signed in takes it off the phone again: portal.js. Where the browser cannot, nothing is lost. */
(function () {
  "use strict";
  var KEPT = "kept-pages";
  var page = document.querySelector("[data-keep]");
  if (!page || !navigator.serviceWorker || !window.caches || !navigator.onLine) return;

  function here(address) { return address.indexOf(location.origin) === 0; }

  navigator.serviceWorker.register(page.dataset.keep, { scope: page.dataset.keepAt }).then(function () {
    return caches.open(KEPT);
  }).then(function (cache) {
    var files = Array.prototype.map.call(
      document.querySelectorAll("link[rel=stylesheet], link[rel=preload], link[rel=icon], script[src]"),
      function (one) { return one.href || one.src; }
    ).filter(here);
    var address = location.href.split("#")[0];
    return fetch(address, { credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) throw new Error("not kept");
      return cache.put(address, answer);
    }).then(function () {
      return cache.addAll(files.filter(function (one, place) { return files.indexOf(one) === place; }));
    });
  }).then(function () {
    var note = document.querySelector("[data-kept]");
    if (note) note.hidden = false;
    page.dataset.ready = "yes";
  }).catch(function () { /* nothing is kept; nothing is lost either */ });
})();
