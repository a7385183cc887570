import type { Both, Others } from './wire'

/** The steps in the order that the customer sees them. */
export const STEPS = ['storage', 'credential', 'key', 'prepare', 'passkey', 'confirm'] as const
export type StepName = (typeof STEPS)[number]
export type StepStatus = 'todo' | 'active' | 'done' | 'failed'

/** Who offers: shown before anything is spent. */
export interface Offering {
  tenant: string
  company: Both
  issuerHost: string
  /** From a backup: the phone it was made on is replaced, whatever is chosen for the others. */
  restored?: boolean
}

export type EnrolState =
  | { at: 'reading' }
  | { at: 'offered'; offering: Offering }
  | { at: 'working'; offering: Offering; step: StepName; progress: number | null }
  /** Everything is prepared; the customer reads what they agree to, and the passkey needs a tap. */
  | { at: 'passkey'; offering: Offering; consent: Both; others: Others; busy: boolean; error: string | null }
  /** `others`: how many more phones of this customer can be used. */
  | { at: 'enrolled'; offering: Offering; others: number }
  /** `resumable`: the credential is kept, so the offer need not be made again. */
  | { at: 'failed'; offering: Offering | null; step: StepName | null; code: string; resumable: boolean }

export type EnrolEvent =
  | { type: 'offered'; offering: Offering }
  | { type: 'start' }
  | { type: 'step'; step: StepName }
  | { type: 'progress'; progress: number }
  | { type: 'await-passkey'; consent: Both }
  | { type: 'others'; others: Others }
  | { type: 'tap-passkey' }
  | { type: 'passkey-error'; code: string }
  | { type: 'enrolled'; others: number }
  | { type: 'failed'; code: string; resumable: boolean }

/** The life of an enrolment. Pure; an event that does not fit is ignored. */
export function enrolStep(state: EnrolState, event: EnrolEvent): EnrolState {
  if (event.type === 'failed') {
    if (state.at === 'enrolled') return state
    const offering = 'offering' in state ? state.offering : null
    const step = state.at === 'working' ? state.step : state.at === 'passkey' ? 'passkey' : null
    return { at: 'failed', offering, step, code: event.code, resumable: event.resumable }
  }
  switch (state.at) {
    case 'reading':
      return event.type === 'offered' ? { at: 'offered', offering: event.offering } : state
    case 'offered':
    case 'failed':
      if (event.type !== 'start' || state.offering === null) return state
      return { at: 'working', offering: state.offering, step: 'storage', progress: null }
    case 'working':
      if (event.type === 'step') return { ...state, step: event.step, progress: null }
      if (event.type === 'progress') return { ...state, progress: event.progress }
      if (event.type === 'await-passkey') return { at: 'passkey', offering: state.offering, consent: event.consent, others: 'keep', busy: false, error: null }
      if (event.type === 'enrolled') return { at: 'enrolled', offering: state.offering, others: event.others }
      return state
    case 'passkey':
      if (event.type === 'others') return state.busy ? state : { ...state, others: event.others }
      if (event.type === 'tap-passkey') return { ...state, busy: true, error: null }
      if (event.type === 'passkey-error') return { ...state, busy: false, error: event.code }
      if (event.type === 'step') return { at: 'working', offering: state.offering, step: event.step, progress: null }
      return state
    case 'enrolled':
      return state
  }
}

/** How each line of the step list reads in a state. */
export function stepStatus(state: EnrolState, step: StepName): StepStatus {
  if (state.at === 'enrolled') return 'done'
  if (state.at === 'reading' || state.at === 'offered') return 'todo'
  const current = state.at === 'passkey' ? 'passkey' : state.step
  if (current === null) return 'todo'
  const here = STEPS.indexOf(step)
  const there = STEPS.indexOf(current)
  if (here !== there) return here < there ? 'done' : 'todo'
  return state.at === 'failed' ? 'failed' : 'active'
}
