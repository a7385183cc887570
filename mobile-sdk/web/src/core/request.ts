import type { Decided, Disclosure, EndState, Passed, RequestView, Sealable, Words } from './wire'

/** One request, checked: the statement is fit to be shown and its words were computed on this phone. */
export interface OpenRequest {
  view: RequestView
  words: Words
}

/** What the worker made for exactly these digits. */
export interface Finished {
  digits: string
  proof: string
  /** base64url; the challenge of the passkey's assertion. */
  approval: string
  as_of: number
  /** What goes sealed with it, where the statement names a recipient. */
  disclosure?: Disclosure
}

/** Where the proof stands: still being prepared, prepared, or finished for the digits typed. */
export type Readiness = 'preparing' | 'prepared' | 'finished'

export interface Asking {
  at: 'asking'
  id: string
  request: OpenRequest
  digits: string
  /** What the customer lets go sealed: all of it for a payment, what they ticked for an order. */
  slots: Sealable[]
  /** A payment and an order are read once more, in short, before they can be approved. */
  reviewed: boolean
  readiness: Readiness
  finished: Finished | null
  /** What the customer set going: nothing further can be tapped meanwhile. */
  busy: null | 'passkey' | 'sending' | 'refusing' | 'moving'
  attemptsLeft: number | null
  /** The last thing that went wrong and can be tried again. */
  error: string | null
}

export interface Unprovable {
  at: 'unprovable'
  id: string
  request: OpenRequest
  busy: null | 'sending' | 'refusing'
  error: string | null
}

export interface Ended {
  at: 'ended'
  id: string
  /** Null when the request ended before it could be shown. */
  request: OpenRequest | null
  outcome: EndState
  /** For `passed`: the number to read aloud. */
  reference: string | null
  decidedAt: number
  reported: boolean
  /** The end came because the phone itself said that the condition is not met. */
  unprovable: boolean
  /** The end came with the third wrong number. */
  wrongNumber: boolean
  /** Another phone of the customer answered; nothing went from this one. */
  elsewhere: boolean
}

/** A call announced in a company's name that the company did not sign so. Nothing of it can be approved. */
export interface Forged {
  at: 'forged'
  id: string
  /** `notice-…`: which check it failed. */
  code: string
  busy: null | 'refusing'
  error: string | null
}

/** A statement that this phone will not show; nothing was approved. */
export interface Rejected {
  at: 'rejected'
  id: string
  code: string
}

export type RequestState = { at: 'loading'; id: string } | Asking | Unprovable | Forged | Ended | Rejected

export type RequestEvent =
  | { type: 'loaded'; request: OpenRequest }
  | { type: 'rejected'; code: string }
  | { type: 'forged'; code: string }
  | { type: 'not-provable' }
  | { type: 'prepared' }
  | { type: 'digits'; digits: string }
  | { type: 'slots'; slots: Sealable[] }
  | { type: 'review'; on: boolean }
  | { type: 'move' }
  | { type: 'finished'; finished: Finished }
  | { type: 'approve' }
  | { type: 'asserted' }
  | { type: 'refuse' }
  | { type: 'say-unprovable' }
  | { type: 'passed'; answer: Passed }
  | { type: 'decided'; answer: Decided; reported?: boolean; unprovable?: boolean }
  | { type: 'wrong-number'; attemptsLeft: number; now: number }
  | { type: 'failed'; code: string }
  | { type: 'ended'; state: EndState; now: number }

/** Digits that count as complete: two, or none where no number is asked for. */
export function digitsWanted(request: OpenRequest): number {
  return request.view.statement.match.mode === 'enter' ? 2 : 0
}

/** Whether it is read once more before it can be approved: something is paid or sent. */
export const hasReview = (request: OpenRequest): boolean => request.view.statement.recipient !== null

/** Whether the customer picks what is sent: a payment needs all that it asks for. */
export const picksSlots = ({ view: { statement } }: OpenRequest): boolean => statement.recipient !== null && statement.payment === null

/** Whether everything that a prepared state depends on is settled: what an order sends is known at its review. */
export const wantsPreparing = (state: RequestState): state is Asking =>
  state.at === 'asking' && state.readiness === 'preparing' && (!picksSlots(state.request) || state.reviewed)

/** Whether a tap on approve would be acted on. */
export function canApprove(state: RequestState): state is Asking & { finished: Finished } {
  if (state.at !== 'asking' || state.busy !== null || (hasReview(state.request) && !state.reviewed)) return false
  return state.finished !== null && state.finished.digits === state.digits
}

/** Whether the worker should now finish a proof. */
export function wantsFinish(state: RequestState): state is Asking {
  return (
    state.at === 'asking' && state.readiness === 'prepared' && state.busy === null && state.digits.length === digitsWanted(state.request)
  )
}

/** The whole life of a request on the phone. Pure: an event that does not fit leaves the state as it is. */
export function step(state: RequestState, event: RequestEvent): RequestState {
  if (state.at === 'rejected') return state
  if (state.at === 'ended') return enrich(state, event)
  if (event.type === 'ended') return { ...end(state, event.state, event.now), elsewhere: isElsewhere(state, event.state) }
  if (event.type === 'decided') {
    return { ...end(state, event.answer.state, event.answer.decided_at), reported: event.reported ?? false, unprovable: event.unprovable ?? false }
  }
  if (event.type === 'rejected') return { at: 'rejected', id: state.id, code: event.code }
  if (event.type === 'forged') return { at: 'forged', id: state.id, code: event.code, busy: null, error: null }
  if (state.at === 'loading') return event.type === 'loaded' ? asking(state.id, event.request) : state
  if (state.at === 'forged') return stepForged(state, event)
  return state.at === 'unprovable' ? stepUnprovable(state, event) : stepAsking(state, event)
}

/** The stream's word may overtake the answer to one's own tap: the answer then only adds what it knows more. */
function enrich(s: Ended, event: RequestEvent): Ended {
  if (event.type === 'passed' && s.outcome === 'passed') return { ...s, reference: event.answer.reference, decidedAt: event.answer.decided_at }
  if (event.type === 'decided' && s.outcome === event.answer.state) {
    return { ...s, reported: s.reported || (event.reported ?? false), unprovable: s.unprovable || (event.unprovable ?? false) }
  }
  if (event.type === 'wrong-number' && s.outcome === 'failed') return { ...s, wrongNumber: true }
  return s
}

function asking(id: string, request: OpenRequest): Asking {
  const { payment, recipient } = request.view.statement
  const slots = payment && recipient ? recipient.slots : []
  return {
    at: 'asking', id, request, digits: '', slots, reviewed: false, readiness: 'preparing', finished: null, busy: null, attemptsLeft: null, error: null,
  }
}

function stepForged(s: Forged, event: RequestEvent): RequestState {
  if (event.type === 'refuse') return s.busy === null ? { ...s, busy: 'refusing', error: null } : s
  return event.type === 'failed' ? { ...s, busy: null, error: event.code } : s
}

function stepUnprovable(s: Unprovable, event: RequestEvent): RequestState {
  switch (event.type) {
    case 'say-unprovable':
      return s.busy === null ? { ...s, busy: 'sending', error: null } : s
    case 'refuse':
      return s.busy === null ? { ...s, busy: 'refusing', error: null } : s
    case 'failed':
      return { ...s, busy: null, error: event.code }
    default:
      return s
  }
}

function stepAsking(s: Asking, event: RequestEvent): RequestState {
  switch (event.type) {
    case 'not-provable':
      return { at: 'unprovable', id: s.id, request: s.request, busy: null, error: null }
    case 'prepared':
      return s.readiness === 'preparing' ? { ...s, readiness: 'prepared' } : s
    case 'digits': {
      if (s.busy !== null) return s
      const digits = event.digits.replace(/\D/g, '').slice(0, digitsWanted(s.request))
      if (digits === s.digits) return s
      return { ...s, digits, finished: null, readiness: s.readiness === 'finished' ? 'prepared' : s.readiness, error: null }
    }
    case 'slots': {
      if (s.busy !== null || s.reviewed || !picksSlots(s.request)) return s
      const offered = s.request.view.statement.recipient?.slots ?? []
      // In the credential's order, whatever order they were ticked in.
      return { ...s, slots: offered.filter((slot) => event.slots.includes(slot)), readiness: 'preparing', finished: null }
    }
    case 'review': {
      if (s.busy !== null || s.reviewed === event.on || !hasReview(s.request) || (event.on && s.slots.length === 0)) return s
      return { ...s, reviewed: event.on, error: null }
    }
    case 'move':
      return s.busy === null ? { ...s, busy: 'moving', error: null } : s
    case 'finished':
      return event.finished.digits === s.digits && s.busy === null && s.readiness === 'prepared' ? { ...s, finished: event.finished, readiness: 'finished' } : s
    case 'approve':
      return canApprove(s) ? { ...s, busy: 'passkey', error: null } : s
    case 'asserted':
      return s.busy === 'passkey' ? { ...s, busy: 'sending' } : s
    case 'refuse':
      return s.busy === null || s.busy === 'passkey' ? { ...s, busy: 'refusing', error: null } : s
    case 'passed':
      return { ...end(s, 'passed', event.answer.decided_at), reference: event.answer.reference }
    case 'wrong-number':
      if (event.attemptsLeft <= 0) return { ...end(s, 'failed', event.now), wrongNumber: true }
      // A finished proof is never sent twice: the next digits get fresh randomness.
      return { ...s, busy: null, digits: '', finished: null, readiness: 'prepared', attemptsLeft: event.attemptsLeft, error: 'wrong-number' }
    case 'failed':
      return { ...s, busy: null, finished: null, readiness: s.readiness === 'preparing' ? 'preparing' : 'prepared', error: event.code }
    default:
      return s
  }
}

/** Whether an answer came that this phone did not send. */
function isElsewhere(state: RequestState, outcome: EndState): boolean {
  const busy = 'busy' in state ? state.busy : null
  return (outcome === 'passed' && busy !== 'sending') || (outcome === 'denied' && busy !== 'refusing')
}

function end(state: RequestState, outcome: EndState, decidedAt: number): Ended {
  const request = 'request' in state ? state.request : null
  return { at: 'ended', id: state.id, request, outcome, reference: null, decidedAt, reported: false, unprovable: false, wrongNumber: false, elsewhere: false }
}
