import '@honnin/kit/tokens.css'
import '@honnin/kit/base.css'
import './ui/app.css'
import './ui/request.css'
import './ui/screens.css'
import './ui/calls.css'
import { detectLang, type Lang } from '@honnin/kit/i18n'
import { createPasskey, getPasskey, passkeysAvailable } from '@honnin/kit/webauthn'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app/app'
import { codeOf } from './core/problem'
import { emptyModel, type Actions } from './app/model'
import { startProver } from './prover/start'
import { Workshop } from './prover/workshop'
import { openDb } from './store/db'
import { records } from './store/records'
import { openVault } from './store/vault'
import { Root } from './ui/Root'
import { detectorClass } from './ui/Scan'
import { backupPasskeys } from './backupPasskey'
import { deviceLabel, handOver, onWake, pauseUntilAwake, visible } from './platform'
import { onWorker, pushPort } from './push'

const LANG_KEY = 'honnin.lang'
const root = document.getElementById('root') as HTMLElement

/** Takes an offer, an invitation or a request's link out of the address at once: its secret must not stay in history or in a copied link. */
function takeOffer(): string | null {
  const { hash } = location
  if (!hash.startsWith('#offer=') && !hash.startsWith('#r=') && !hash.startsWith('#/invited/')) return null
  history.replaceState(null, '', location.pathname)
  return hash
}

function storedLang(): string | null {
  try {
    return localStorage.getItem(LANG_KEY)
  } catch {
    return null
  }
}

function saveLang(lang: Lang): void {
  try {
    localStorage.setItem(LANG_KEY, lang)
  } catch {
    // a browser without storage: the wish lasts as long as the page
  }
}

async function start(): Promise<void> {
  const lang = detectLang(storedLang(), navigator.languages)
  const offer = takeOffer()
  try {
    const db = await openDb(indexedDB)
    const vault = await openVault(db, crypto)
    const deps = {
      fetch: (url: string, init?: RequestInit) => fetch(url, init),
      crypto, db, vault,
      now: () => Date.now(),
      records: records(vault),
      prover: startProver(),
      workshop: new Workshop(startProver(), () => performance.now()),
      passkeys: {
        available: passkeysAvailable,
        create: (o: unknown) => createPasskey(o as PublicKeyCredentialCreationOptionsJSON),
        get: (o: unknown) => getPasskey(o as PublicKeyCredentialRequestOptionsJSON),
      },
      backup: { passkeys: backupPasskeys },
      origin: location.origin,
      deviceLabel,
      handOver,
      visible,
    }
    const app = new App(deps, {
      lang, saveLang,
      wait: pauseUntilAwake,
      canScan: detectorClass() !== null && 'mediaDevices' in navigator,
      push: pushPort(import.meta.env.PROD),
      persist: () => void navigator.storage?.persist?.().catch(() => false),
    })
    effect(() => render(<Root model={app.model.value} act={app} />, root))
    setInterval(() => app.tick(), 1000)
    onWake(() => app.wake())
    onWorker(() => app.wake(), () => app.renewPush())
    addEventListener('hashchange', () => {
      const later = takeOffer()
      if (later?.startsWith('#r=')) app.openLink(later)
      else if (later) app.openOffer(later)
    })
    await app.start(offer)
  } catch (error) {
    render(<Root model={{ ...emptyModel(lang, Date.now()), fatal: codeOf(error) }} act={{} as Actions} />, root)
  }
}

void start()
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/app/sw.js', { scope: '/app/' }).catch(() => undefined)
}
