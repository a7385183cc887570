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

/** Hands a file to the platform's share sheet where it takes files, else saves it. False when the person called it off. */
export async function handOver(name: string, text: string): Promise<boolean> {
  const file = new File([text], name, { type: 'application/json' })
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] })
      return true
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return false
      // A share sheet that fails is no reason to keep the receipt back: it is saved instead.
    }
  }
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the file after this task, so it is let go of later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
  return true
}

/** A name for this phone in the company's list of devices: the kind of platform, nothing that singles it out. */
export function deviceLabel(): string {
  const agent = navigator.userAgent
  for (const name of ['iPhone', 'iPad', 'Android', 'Mac', 'Windows', 'Linux']) if (agent.includes(name)) return name
  return 'Web'
}
