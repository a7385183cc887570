import type { StepName, StepStatus } from '../core/enrolment'
import type { EndState, Sealable } from '../core/wire'

/** A message for something that went wrong: what happened, and what to do. */
export interface Trouble {
  title: string
  text: string
}

/** Every word of the app. Both languages fill the same interface; there is no fallback text. */
export interface Messages {
  /** The other language's name, in that language. */
  otherLanguage: string
  appName: string
  secure: string
  settings: string
  back: string
  close: string
  retry: string
  loading: string

  home: {
    title: string
    lead: string
    ringing: (company: string) => string
    talking: (company: string) => string
    none: (company: string) => string
    hangUp: string
    expected: (company: string) => string
    /** While the window is far: nobody of them calls now. */
    notNow: string
    /** Near the window: what this screen will do when they dial. */
    due: string
    answerFirst: string
    openNotice: string
    later: (when: string) => string
    pair: (words: string) => string
    asOf: (time: string) => string
    lastHeard: (time: string) => string
    connecting: (company: string) => string
    unknown: (company: string) => string
    unknownHint: (company: string) => string
    refused: (company: string) => string
    refusedHint: string
    preparing: string
    prepareFailed: (companies: string) => string
    unfinished: (company: string) => string
    unfinishedHint: string
    resume: string
    recent: string
    allHistory: string
    nothingYet: string
  }

  reach: {
    pushTitle: string
    push: Record<'ask' | 'refused' | 'none' | 'failed', string>
    turnOn: string
    codeTitle: string
    codeCompany: string
    codeLabel: string
    codeOpen: string
  }

  welcome: {
    title: string
    intro: string
    points: string[]
    paste: string
    pasteHint: string
    open: string
    scan: string
    scanning: string
    stopScan: string
    scanFailed: string
    addAnother: string
  }

  enrol: {
    reading: string
    offers: (company: string) => string
    issuer: string
    willHappen: string
    points: string[]
    trust: string
    start: string
    notNow: string
    working: string
    steps: Record<StepName, string>
    status: Record<StepStatus, string>
    percent: (n: number) => string
    consentTitle: string
    consent: string
    disagree: string
    /** From a backup: what becomes of the phone that it was made on. */
    restored: string
    othersTitle: string
    others: Record<'keep' | 'replace', Trouble>
    othersLeft: (n: number) => string
    passkeyText: string
    passkeyButton: string
    passkeyBusy: string
    doneTitle: string
    doneText: (company: string) => string
    done: string
    failedTitle: string
  }

  /** Asked by a company that the customer has no account with. */
  invited: {
    reading: string
    title: (company: string) => string
    /** What never goes there, before the policy's own. */
    never: string[]
    by: string
    source: (company: string) => string
    until: string
    pick: string
    noAccount: (company: string) => string
    trust: string
    accept: string
    none: string
    nothingSent: string
    noneText: (company: string) => string
    requestTitle: string
    strong: string
    rest: string
    approveSub: string
  }

  request: {
    loading: string
    title: string
    inbound: { strong: string; rest: string }
    outbound: { strong: string; rest: string }
    about: string
    proves: string
    notSent: string
    operator: string
    number: string
    numberHint: string
    digit: (n: number) => string
    clear: string
    attemptsLeft: (n: number) => string
    timeLeft: (span: string) => string
    timeLeftLabel: string
    preparing: string
    ready: string
    refuse: string
    refuseWhy: string
    approve: string
    approveInbound: string
    approveOutbound: string
    approving: string
    sending: string
    refusing: string
    report: string
  }

  /** An announced call. */
  announced: {
    title: string
    strong: string
    rest: string
    when: string
    number: string
    never: string
    neverText: string
    checkHere: string
    approve: string
    approveSub: string
    refuseSub: string
    another: string
    pick: string
    moving: string
    later: string
  }

  /** The number that the agent must say first. */
  say: { title: string; text: (code: string) => string; never: string }

  payment: {
    title: string
    payee: string
    amount: string
    instrument: string
    order: string
    sealed: (recipient: string) => string
    review: string
    reviewSub: string
    reviewTitle: string
    sentence: (amount: string, payee: string) => string
    approve: (amount: string) => string
  }

  order: {
    title: string
    to: string
    pick: string
    onlyThey: (recipient: string) => string
    review: string
    reviewSub: string
    reviewTitle: string
    sentence: (slots: string, recipient: string) => string
    kept: string
    approve: string
    pickOne: string
  }
  slots: Record<Sealable, string>
  sent: string

  forged: { title: string; text: (company: string) => string; now: string[]; refuse: string; code: string }

  unprovable: {
    title: string
    text: string
    privacy: string
    tell: string
    refuse: string
    telling: string
  }

  ended: Record<'verified' | 'elsewhere' | 'refusedElsewhere' | 'eligible' | 'confirmed' | 'paid' | 'sent' | 'declined' | 'refused' | 'reported' | 'timedOut' | 'cancelled' | 'unprovable' | 'wrongNumber' | 'invalid', Trouble>
  details: { with: string; when: string; reference: string }
  reportLink: string

  history: { title: string; empty: string; outcome: Record<EndState, string>; reported: string; report: string; receipt: string; receiptLoading: string; receiptHand: string; receiptHanded: string; receiptNote: string }

  report: {
    title: string
    intro: (company: string) => string
    steps: string[]
    call: (number: string) => string
    police: string
    details: string
  }

  consents: {
    title: string
    loading: string
    none: string
    given: (when: string) => string
    withdrawn: (when: string) => string
    withdraw: string
    keep: string
    effect: string
    effectEnrolment: string
    /** What is typed to withdraw, in lower case. */
    word: string
    type: (word: string) => string
    unreadable: string
  }

  /** The customer's phones at one company. */
  phones: {
    title: string
    titleWith: (n: number) => string
    this: string
    since: (when: string) => string
    used: (when: string) => string
    neverUsed: string
    rename: string
    nameLabel: string
    save: string
    keep: string
    private: string
    remove: string
    removeAsk: (phone: string) => string
    removeEffect: (company: string) => string
    removeYes: string
    removing: string
    added: string
    addedText: string
    mine: string
    notMine: string
  }

  backup: {
    title: string
    lead: string
    openPage: string
    points: string[]
    note: string
    makeButton: string
    again: string
    sealButton: string
    anew: string
    readyTitle: string
    readyText: string
    save: string
    saved: string
    restoreLink: string
    restoreTitle: string
    restoreLead: string
    restoreSteps: string[]
    choose: string
    chooseOther: string
    open: string
    openedTitle: string
    openedText: string
    openedNone: string
    waiting: string
    here: string
  }

  settingsPage: {
    title: string
    language: string
    companies: string
    none: string
    issuer: string
    enrolled: (date: string) => string
    prepared: Record<'working' | 'ready' | 'failed', string>
    remove: string
    removeAsk: (company: string) => string
    removeText: string
    removeYes: string
    removeNo: string
    about: string
    aboutText: string
  }

  /** By code; see `troubleFor` for codes without a text of their own. */
  troubles: Record<TroubleCode, Trouble>
}

export const TROUBLES = [
  'offline', 'offer-malformed', 'offer-expired', 'offer-used', 'offer-unsupported', 'issuer-unknown', 'issuer-certificate-expired',
  'other-server', 'no-passkey', 'passkey-cancelled', 'passkey-exists', 'other-customer', 'storage-refused', 'storage-damaged', 'key-hash-mismatch',
  'credential-unfit', 'credential-invalid', 'not-accepted', 'expired', 'wrong-number', 'statement-refused', 'prover-unavailable',
  'too-many-requests', 'busy', 'already-decided', 'too-slow', 'disclosure-mismatch', 'policy-needs-terms', 'too-many-devices', 'invitation-unknown', 'invitation-used', 'invitation-lapsed',
  'backup-no-prf', 'backup-wrong-passkey', 'backup-altered', 'backup-newer', 'backup-unreadable', 'link-unknown', 'code-unknown', 'unknown',
] as const
export type TroubleCode = (typeof TROUBLES)[number]

const NOT_ACCEPTED = new Set([
  'not-in-good-standing', 'proof-invalid', 'assertion-invalid', 'user-verification-required', 'as-of-out-of-range', 'looks-like-personal-data',
])

const KNOWN = new Set<string>(TROUBLES)

/** The text for a code: its own, that of its family, or the honest "something went wrong". */
export function troubleFor(code: string): TroubleCode {
  if (KNOWN.has(code)) return code as TroubleCode
  if (code.startsWith('statement-')) return 'statement-refused'
  if (code.startsWith('prover-') || code === 'aborted') return 'prover-unavailable'
  if (code.startsWith('credential-') || code.startsWith('certificate-')) return 'credential-invalid'
  if (code === 'invalid_proof' || code === 'holder-mismatch' || code === 'malformed-credential') return 'credential-invalid'
  if (code === 'key-unusable') return 'key-hash-mismatch'
  if (code === 'tenant-mismatch' || code === 'policy-invalid' || code === 'malformed-policy' || code === 'malformed-statement') return 'statement-refused'
  if (code === 'policy-digest-mismatch') return 'statement-refused'
  if (code === 'policy-not-met') return 'credential-unfit'
  if (code === 'key-unavailable') return 'offline'
  if (NOT_ACCEPTED.has(code)) return 'not-accepted'
  if (code === 'invalid_grant') return 'offer-used'
  return 'unknown'
}
