import { fromB64u, toB64u } from './core/bytes'
import type { PushPort } from './core/push'

/** Push as this browser has it. `registered`: a worker will be there. */
export function pushPort(registered: boolean): PushPort {
  const able = registered && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  return {
    permission: () => (able ? Notification.permission : 'none'),
    ask: () => Notification.requestPermission(),
    async subscribe(publicKey) {
      const { pushManager } = await navigator.serviceWorker.ready
      const old = await pushManager.getSubscription()
      const key = old?.options.applicationServerKey
      if (old && key && toB64u(new Uint8Array(key)) === publicKey) return old.toJSON()
      // Bound to another key it is of no use, and in the way.
      await old?.unsubscribe()
      return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromB64u(publicKey) })).toJSON()
    },
  }
}

/** Calls back when the worker was woken, or when the browser changed the subscription. */
export function onWorker(woken: () => void, changed: () => void): void {
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ type?: unknown } | null>) => {
    if (event.data?.type === 'push') woken()
    if (event.data?.type === 'subscription') changed()
  })
}
