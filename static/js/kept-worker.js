/* Hands out what a group lesson needs when there is no signal: the page that was opened and its files, as they were kept
   by the page itself. With a signal everything comes from the server. */
"use strict";
var KEPT = "group-lesson";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
self.addEventListener("fetch", function (event) {
  if (event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(function (fault) {
    return caches.open(KEPT).then(function (cache) {
      return cache.match(event.request, { ignoreVary: true });
    }).then(function (found) {
      if (found) return found;
      throw fault;
    });
  }));
});
