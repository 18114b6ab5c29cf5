/* Hands out what a hall needs when there is no signal: a lesson for a group, a paper list, a roll that were opened before,
   and their files, as those pages kept them. With a signal everything comes from the server. A page is old after a day:
   whose list it was yesterday may not be hers today. It keeps nothing itself, and looks nowhere else. */
"use strict";
var KEPT = ["group-lesson", "kept-pages"];
var OLD = 24 * 60 * 60 * 1000;

function young(answer) {
  var since = Date.parse(answer.headers.get("Date") || "");
  return isNaN(since) || Date.now() - since < OLD;
}

function find(request, place) {
  if (place === KEPT.length) return Promise.resolve(undefined);
  return caches.has(KEPT[place]).then(function (there) {
    if (!there) return undefined;
    return caches.open(KEPT[place]).then(function (cache) { return cache.match(request, { ignoreVary: true }); });
  }).then(function (found) {
    return found || find(request, place + 1);
  });
}

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
self.addEventListener("fetch", function (event) {
  if (event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(function (fault) {
    return find(event.request, 0).then(function (found) {
      if (found && (event.request.mode !== "navigate" || young(found))) return found;
      throw fault;
    });
  }));
});
