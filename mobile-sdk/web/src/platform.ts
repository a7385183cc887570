/** Resolves once the page is in sight. */
export function visible(): Promise<void> {
  if (document.visibilityState === 'visible') return Promise.resolve()
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'visible') return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
  })
}

/** Calls back whenever the page is shown again (a restored one too) or the network comes back. */
export function onWake(then: () => void): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') then()
  })
  addEventListener('pageshow', (event: PageTransitionEvent) => {
    if (event.persisted) then()
  })
  addEventListener('online', then)
}

/** Waits `ms`, or less when the network comes back or the page is shown again. */
export function pauseUntilAwake(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      document.removeEventListener('visibilitychange', shown)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const shown = () => {
      if (document.visibilityState === 'visible') done()
    }
    const timer = setTimeout(done, ms)
    addEventListener('online', done)
    document.addEventListener('visibilitychange', shown)
    signal.addEventListener('abort', done)
  })
}

/** A name for this phone in the company's list of devices: the kind of platform, nothing that singles it out. */
export function deviceLabel(): string {
  const agent = navigator.userAgent
  for (const name of ['iPhone', 'iPad', 'Android', 'Mac', 'Windows', 'Linux']) if (agent.includes(name)) return name
  return 'Web'
}
