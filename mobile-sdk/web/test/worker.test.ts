import { expect, test, vi } from 'vitest'
import worker_ from '../src/sw.js?raw'

const SOURCE = worker_.replace('__SHELL__', '[]').replace('__VERSION__', '1')

interface Shown {
  title: string
  options: { body: string; tag: string; silent: boolean; lang: string }
  close: ReturnType<typeof vi.fn>
}

/** The worker in a browser of this language, with these pages open. */
function worker(language: string, states: string[]) {
  const handlers: Record<string, (event: unknown) => void> = {}
  const shown: Shown[] = []
  const pages = states.map((visibilityState) => ({ visibilityState, postMessage: vi.fn(), focus: vi.fn() }))
  const self = {
    navigator: { language },
    location: { origin: 'https://phone.example' },
    addEventListener: (name: string, handler: (event: unknown) => void) => (handlers[name] = handler),
    clients: { matchAll: async () => pages, openWindow: vi.fn() },
    registration: {
      showNotification: async (title: string, options: Shown['options']) => void shown.push({ title, options, close: vi.fn() }),
      getNotifications: async ({ tag }: { tag: string }) => shown.filter((one) => one.options.tag === tag),
      pushManager: { subscribe: vi.fn() },
    },
  }
  new Function('self', 'caches', 'fetch', SOURCE)(self, {}, () => { throw new Error('the worker fetched') })
  const fire = async (name: string, event: object) => {
    let work: Promise<unknown> | undefined
    handlers[name]?.({ ...event, waitUntil: (p: Promise<unknown>) => (work = p) })
    expect(work, `${name} must keep the worker alive`).toBeDefined()
    await work
  }
  return { self, pages, shown, fire }
}

const hostile = { text: () => '{"title":"Midori Bank"}', json: () => ({ v: 1, id: 'x', title: 'Midori Bank', amount: 48000 }) }

test.each([['ja-JP', '確認のお願いがあります'], ['en-GB', 'You have a request'], ['de', 'You have a request']])(
  'in %s a push shows one generic text, whatever it says',
  async (language, title) => {
    const seen = []
    for (const data of [{ json: () => ({ v: 1, id: 'AAAAAAAAAAAAAAAAAAAAAA' }) }, hostile, null]) {
      const { shown, fire } = worker(language, [])
      await fire('push', { data })
      expect(shown).toHaveLength(1)
      expect(shown[0]?.title).toBe(title)
      expect(shown[0]?.close).not.toHaveBeenCalled()
      seen.push(JSON.stringify(shown[0]))
    }
    expect(new Set(seen).size, 'the same for every push').toBe(1)
    expect(seen[0]).not.toMatch(/Midori|48000|[0-9]{2}/)
  },
)

test('a page in sight is told, and nothing stays over it', async () => {
  const { pages, shown, fire } = worker('ja', ['visible', 'hidden'])
  await fire('push', { data: null })
  for (const page of pages) expect(page.postMessage).toHaveBeenCalledWith({ type: 'push' })
  expect(shown[0]?.options.silent).toBe(true)
  expect(shown[0]?.close).toHaveBeenCalled()
})

test('a hidden page is told too, and the notification stays', async () => {
  const { shown, fire } = worker('ja', ['hidden'])
  await fire('push', { data: null })
  expect(shown[0]?.options).toMatchObject({ silent: false, tag: 'request' })
  expect(shown[0]?.close).not.toHaveBeenCalled()
})

test('a tap brings the open page to the front, or opens the app', async () => {
  const open = worker('ja', ['hidden', 'visible'])
  const notification = { close: vi.fn() }
  await open.fire('notificationclick', { notification })
  expect(notification.close).toHaveBeenCalled()
  expect(open.pages[1]?.focus).toHaveBeenCalled()
  expect(open.self.clients.openWindow).not.toHaveBeenCalled()

  const closed = worker('ja', [])
  await closed.fire('notificationclick', { notification })
  expect(closed.self.clients.openWindow).toHaveBeenCalledWith('/app/')
})

test('a subscription that the browser ended is made anew under the same key, and the page tells the server', async () => {
  const { self, pages, fire } = worker('ja', ['hidden'])
  const options = { userVisibleOnly: true, applicationServerKey: new ArrayBuffer(65) }
  await fire('pushsubscriptionchange', { oldSubscription: { options }, newSubscription: null })
  expect(self.registration.pushManager.subscribe).toHaveBeenCalledWith(options)
  expect(pages[0]?.postMessage).toHaveBeenCalledWith({ type: 'subscription' })
  await fire('pushsubscriptionchange', { oldSubscription: { options }, newSubscription: {} })
  expect(self.registration.pushManager.subscribe).toHaveBeenCalledTimes(1)
})
