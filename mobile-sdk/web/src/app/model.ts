import type { Lang } from '@honnin/kit/i18n'
import type { EnrolState } from '../core/enrolment'
import type { Calls } from '../core/calls'
import type { Link } from '../core/freshness'
import type { RequestState } from '../core/request'
import type { Both, Others, Sealable } from '../core/wire'
import { idleBackup, type BackupState } from './backupState'
import type { InvitedState } from './invited'
import type { PapersState } from './papers'
import type { PhonesView } from './phones'
import { idleReach, type ReachState } from './reach'
import type { PastRequest } from '../store/records'

/** Which page is open. A request under way stands over every one of them. */
export type Page =
  | { name: 'home' }
  | { name: 'enrol' }
  | { name: 'invited' }
  | { name: 'backup' }
  | { name: 'restore' }
  | { name: 'history' }
  | { name: 'report'; entry: PastRequest }
  | { name: 'settings' }

/** One company as the screens show it. */
export interface CompanyView {
  tenant: string
  name: Both
  number: string
  issuerHost: string
  /** IANA name: whose clock its times are meant by. */
  timeZone: string
  enrolledAt: number | null
  link: Link
  calls: Calls
  /** Server's clock minus this machine's, ms. */
  offset: number
  /** When this page began to listen, ms. */
  since: number
  /** Whether every policy has its proof prepared for today. */
  prepared: 'working' | 'ready' | 'failed'
  phones: PhonesView
}

/** Everything that the screens are drawn from. */
export interface Model {
  lang: Lang
  page: Page
  /** Set when the app cannot work here at all: `storage-refused`. */
  fatal: string | null
  loaded: boolean
  companies: CompanyView[]
  /** Enrolments left before their passkey. */
  unfinished: { tenant: string; name: Both }[]
  enrolment: EnrolState | null
  invited: InvitedState | null
  backup: BackupState
  request: RequestState | null
  /** Whose request it is, whatever the request says of itself. */
  requestTenant: string | null
  history: PastRequest[]
  papers: PapersState
  reach: ReachState
  /** This machine's clock, ms, once a second. */
  now: number
  /** The request's server clock minus this machine's, ms. */
  offset: number
  canScan: boolean
}

export const emptyModel = (lang: Lang, now: number): Model => ({
  lang, page: { name: 'home' }, fatal: null, loaded: false, companies: [], unfinished: [], enrolment: null, invited: null, backup: idleBackup,
  request: null, requestTenant: null, history: [], papers: { consents: {}, receipt: null }, reach: idleReach, now, offset: 0, canScan: false,
})

/** What the screens can ask for. */
export interface Actions {
  go(page: Page): void
  setLang(lang: Lang): void
  openOffer(text: string): void
  resumeEnrolment(tenant: string): void
  startEnrolment(): void
  makePasskey(): void
  /** What becomes of the other phones once this one is enrolled. */
  chooseOthers(others: Others): void
  leaveEnrolment(): void
  /** Opens the page that makes a backup, or restores one. */
  openBackup(page: 'backup' | 'restore'): void
  /** From a tap. */
  makeBackup(): void
  /** From a tap: the file of a backup that is ready. */
  handBackup(): void
  /** The passkey of the last backup is gone: the next one gets another. */
  newBackupPasskey(): void
  chooseBackup(name: string, read: () => Promise<string>): void
  /** From a tap: opens the chosen file. */
  restoreBackup(): void
  /** Which company's credential proves it. */
  chooseSource(tenant: string): void
  /** From the tap that agrees. */
  acceptInvitation(): void
  retryInvitation(): void
  leaveInvitation(): void
  setDigits(digits: string): void
  approve(): void
  refuse(report: boolean): void
  sayUnprovable(): void
  setSlots(slots: Sealable[]): void
  review(on: boolean): void
  /** Picks another of the windows that the open notice offers. */
  moveCall(window: number): void
  /** Puts an announced call aside; it stays to be answered. */
  answerLater(): void
  openCall(tenant: string, verification: string): void
  closeRequest(): void
  retryRequest(): void
  removeCompany(tenant: string): void
  loadPhones(tenant: string): void
  /** "That was me": a phone that was added is the customer's. */
  acceptPhone(tenant: string, id: string): void
  removePhone(tenant: string, id: string): void
  /** A name for this phone's eyes alone. */
  namePhone(tenant: string, id: string, name: string): void
  loadConsents(tenant: string): void
  withdrawConsent(tenant: string, id: string): void
  loadReceipt(tenant: string, verification: string): void
  handReceipt(): void
  /** From a tap: asks whether this phone may be woken. */
  turnPushOn(): void
  /** A code that was spoken, for one company. */
  enterCode(tenant: string, text: string): void
}
