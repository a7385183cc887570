// The offline shell: lets the app open without a connection, to say that there is none. Answers of the server are never kept.
const SHELL = __SHELL__
const CACHE = `honnin-shell-${__VERSION__}`

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name.startsWith('honnin-shell-') && name !== CACHE) await caches.delete(name)
    await self.clients.claim()
  }
  event.waitUntil(clean())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin || !url.pathname.startsWith('/app/')) return
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match('/app/')))
  else if (SHELL.includes(url.pathname)) event.respondWith(caches.match(url.pathname).then((hit) => hit ?? fetch(request)))
})

// A push says that there is something to fetch, and nothing else: what is shown is the same for everybody, and its bytes
// are not looked at. A page that is in sight shows the request itself; the notification is made and taken away at once
// there, because some browsers end a subscription whose pushes show nothing.
const TEXT = self.navigator.language.startsWith('ja')
  ? { title: '確認のお願いがあります', body: 'タップして、アプリで内容を確かめてください。', lang: 'ja' }
  : { title: 'You have a request', body: 'Tap to look at it in the app.', lang: 'en' }
const TAG = 'request'

const pages = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true })

async function tell(type) {
  const open = await pages()
  for (const page of open) page.postMessage({ type })
  return open
}

async function pushed() {
  const seen = (await tell('push')).some((page) => page.visibilityState === 'visible')
  const { title, body, lang } = TEXT
  await self.registration.showNotification(title, { body, lang, tag: TAG, renotify: !seen, silent: seen })
  if (seen) for (const shown of await self.registration.getNotifications({ tag: TAG })) shown.close()
}

async function clicked(notification) {
  notification.close()
  const open = await pages()
  const page = open.find((one) => one.visibilityState === 'visible') ?? open[0]
  if (page) await page.focus()
  else await self.clients.openWindow('/app/')
}

// The server learns of the new address from the page, which holds the keys: at once if one is open, else when it is next.
async function changed(event) {
  const options = event.oldSubscription?.options
  if (!event.newSubscription && options) await self.registration.pushManager.subscribe(options)
  await tell('subscription')
}

self.addEventListener('push', (event) => event.waitUntil(pushed()))
self.addEventListener('notificationclick', (event) => event.waitUntil(clicked(event.notification)))
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(changed(event)))
