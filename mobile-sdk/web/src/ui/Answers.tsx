import { formatSpan } from '@honnin/kit/i18n'
import type { ComponentChildren } from 'preact'
import { canApprove, digitsWanted, type Asking } from '../core/request'
import type { Ctx } from './ctx'
import { NumberEntry } from './NumberEntry'
import { Label, Spinner, TroubleBox } from './parts'

interface AnswersProps {
  ctx: Ctx
  state: Asking
  /** Under "Refuse". */
  refuseSub?: string
  /** Whether the number stands here; on the first page of two it does not. */
  number?: boolean
  /** What else can be done, beside the report. */
  links?: ComponentChildren
  /** The one answer beside "Refuse", of the same size. */
  children: ComponentChildren
}

/** What stays in sight: the number, the time left, and two answers of one size. */
export function Answers({ ctx, state, refuseSub, number = true, links, children }: AnswersProps) {
  const { m, act } = ctx
  const busy = state.busy !== null
  const error = state.error !== null && state.error !== 'wrong-number' ? state.error : null
  const { match } = state.request.view.statement
  return (
    <footer class="foot">
      {error && <TroubleBox ctx={ctx} code={error} />}
      {number && digitsWanted(state.request) > 0 && <NumberEntry ctx={ctx} digits={state.digits} disabled={busy} attemptsLeft={state.attemptsLeft} />}
      {number && match.mode === 'say' && <SaidNumber ctx={ctx} code={match.code} />}
      <TimeLeft ctx={ctx} state={state} />
      <div class="pair">
        <button type="button" class="btn answer" data-testid="refuse" disabled={busy} onClick={() => act.refuse(false)}>
          <span class="answer-main"><Label ctx={ctx}>{m.request.refuse}</Label></span>
          <span class="answer-sub"><Label ctx={ctx}>{refuseSub ?? m.request.refuseWhy}</Label></span>
        </button>
        {children}
      </div>
      <div class="foot-links">
        {links}
        <button type="button" class="link report" data-testid="report" disabled={busy} onClick={() => act.refuse(true)}>
          <Label ctx={ctx}>{m.request.report}</Label>
        </button>
      </div>
    </footer>
  )
}

export function Approve({ ctx, state, main, sub }: { ctx: Ctx; state: Asking; main: string; sub: string }) {
  return (
    <button type="button" class="btn btn-primary answer" data-testid="approve" disabled={!canApprove(state)} onClick={() => ctx.act.approve()}>
      <span class="answer-main"><Label ctx={ctx}>{main}</Label></span>
      <span class="answer-sub"><Label ctx={ctx}>{sub}</Label></span>
    </button>
  )
}

/** Who called whom, as it stands in the approve button. */
export const directionOf = ({ m }: Ctx, { request }: Asking): string =>
  request.view.statement.direction === 'inbound' ? m.request.approveInbound : m.request.approveOutbound

/** The number that the agent must say before anything else; it is not to be read out, nor copied. */
function SaidNumber({ ctx, code }: { ctx: Ctx; code: string }) {
  const { say } = ctx.m
  return (
    <section class="say" aria-labelledby="say-title" data-testid="say-number">
      <div>
        <h2 id="say-title" class="section">
          {say.title}
        </h2>
        <p>{say.text(code)}</p>
        <p class="muted">{say.never}</p>
      </div>
      <p class="say-digits tabular" aria-hidden="true">
        {code}
      </p>
    </section>
  )
}

/** Counts down without being read out: `role=timer` is silent unless asked. */
function TimeLeft({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m, model } = ctx
  const { not_before, expires_at, call } = state.request.view.statement
  const left = Math.max(0, expires_at - (model.now + model.offset))
  const share = Math.min(1, left / Math.max(1, expires_at - not_before))
  const doing =
    state.busy === 'passkey' ? m.request.approving
    : state.busy === 'sending' ? m.request.sending
    : state.busy === 'refusing' ? m.request.refusing
    : state.busy === 'moving' ? m.announced.moving
    : null
  const text = doing ?? (state.readiness === 'preparing' && (state.reviewed || state.request.view.statement.recipient === null) ? m.request.preparing : null)
  // A notice waits until its window: nothing to count down.
  if (call && text === null) return null
  return (
    <div class="time" data-testid="time-left">
      {!call && (
        <span class="muted tabular" role="timer" aria-label={m.request.timeLeftLabel}>
          {m.request.timeLeft(formatSpan(left))}
        </span>
      )}
      {text === null ? (
        <span class="bar" aria-hidden="true">
          <span style={{ transform: `scaleX(${share.toFixed(3)})` }} />
        </span>
      ) : (
        <span class="doing" data-testid="doing">
          <Spinner /> {text}
        </span>
      )}
    </div>
  )
}
