import { formatSpan } from '@honnin/kit/i18n'
import { Check, DirectionArrow } from '@honnin/kit/icons'
import { canApprove, digitsWanted, type Asking } from '../core/request'
import type { Ctx } from './ctx'
import { joined } from './format'
import { NumberEntry } from './NumberEntry'
import { Avatar, Header, LanguageButton, Spinner, Title, TroubleBox } from './parts'

/** The request, drawn from the statement that the proof binds and from nothing else. */
export function Request({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m, act } = ctx
  const { statement } = state.request.view
  const busy = state.busy !== null
  const error = state.error !== null && state.error !== 'wrong-number' ? state.error : null
  return (
    <>
      <Header ctx={ctx}>
        <span class="muted">{m.secure}</span>
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page request" tabIndex={0} aria-label={m.request.title} data-testid="request" data-readiness={state.readiness} data-busy={state.busy ?? ''}>
        <CompanyHead ctx={ctx} state={state} />
        <p class="direction" data-testid="direction">
          <DirectionArrow to={statement.direction === 'inbound' ? 'out' : 'in'} />
          <span>
            <strong>{m.request[statement.direction].strong}</strong>
            {m.request[statement.direction].rest}
          </span>
        </p>
        <Title>{m.request.title}</Title>
        <Facts ctx={ctx} state={state} />
      </main>
      <footer class="foot">
        {error && <TroubleBox ctx={ctx} code={error} />}
        {digitsWanted(state.request) > 0 && <NumberEntry ctx={ctx} digits={state.digits} disabled={busy} attemptsLeft={state.attemptsLeft} />}
        <TimeLeft ctx={ctx} state={state} />
        <div class="pair">
          <button type="button" class="btn answer" data-testid="refuse" disabled={busy} onClick={() => act.refuse(false)}>
            <span class="answer-main">{m.request.refuse}</span>
            <span class="answer-sub">{m.request.refuseWhy}</span>
          </button>
          <button type="button" class="btn btn-primary answer" data-testid="approve" disabled={!canApprove(state)} onClick={() => act.approve()}>
            <span class="answer-main">{m.request.approve}</span>
            <span class="answer-sub">{statement.direction === 'inbound' ? m.request.approveInbound : m.request.approveOutbound}</span>
          </button>
        </div>
        <button type="button" class="link report" data-testid="report" disabled={busy} onClick={() => act.refuse(true)}>
          {m.request.report}
        </button>
      </footer>
    </>
  )
}

export function CompanyHead({ ctx, state }: { ctx: Ctx; state: Pick<Asking, 'request'> }) {
  const { display } = state.request.view.statement
  const name = display.name[ctx.lang]
  return (
    <div class="who">
      <Avatar name={name} />
      <div>
        <p class="who-name" data-testid="company-name">
          {name}
        </p>
        <p class="muted tabular">
          {joined([display.desk[ctx.lang], display.number], ctx.lang).replace('・', ' ・ ')}
        </p>
      </div>
    </div>
  )
}

function Facts({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m, lang } = ctx
  const { words, view } = state.request
  return (
    <dl class="facts">
      <div>
        <dt>{m.request.about}</dt>
        <dd data-testid="purpose">{view.statement.purpose[lang]}</dd>
      </div>
      <div>
        <dt>{m.request.proves}</dt>
        <dd data-testid="proves">
          <ul role="list" class="ticks">
            {words.proves.map((both) => (
              <li key={both.en}>
                <Check /> <span>{both[lang]}</span>
              </li>
            ))}
          </ul>
        </dd>
      </div>
      <div>
        <dt>{m.request.notSent}</dt>
        <dd class="muted" data-testid="not-sent">
          {joined(words.not_sent[lang], lang)}
        </dd>
      </div>
      {view.statement.operator && (
        <div>
          <dt>{m.request.operator}</dt>
          <dd data-testid="operator">{view.statement.operator[lang]}</dd>
        </div>
      )}
    </dl>
  )
}

/** Counts down without being read out: `role=timer` is silent unless asked. */
function TimeLeft({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m, model } = ctx
  const { not_before, expires_at } = state.request.view.statement
  const left = Math.max(0, expires_at - (model.now + model.offset))
  const share = Math.min(1, left / Math.max(1, expires_at - not_before))
  const doing = state.busy === 'passkey' ? m.request.approving : state.busy === 'sending' ? m.request.sending : state.busy === 'refusing' ? m.request.refusing : null
  const text = doing ?? (state.readiness === 'preparing' ? m.request.preparing : null)
  return (
    <div class="time" data-testid="time-left">
      <span class="muted tabular" role="timer" aria-label={m.request.timeLeftLabel}>
        {m.request.timeLeft(formatSpan(left))}
      </span>
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
