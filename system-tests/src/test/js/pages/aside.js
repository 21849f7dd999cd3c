// VERSION: what a browser compares. Leaves the platform's requests alone, as the README of the client says.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', event => {
  if (!new URL(event.request.url).pathname.startsWith('/v1/')) event.respondWith(fetch(event.request));
});
