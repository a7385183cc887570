import { Seal, type SealShape } from '@honnin/kit/icons'
import { remember } from '../app/remember'
import { money } from '@honnin/kit/money'
import type { Ended as State } from '../core/request'
import type { Messages } from '../i18n/index'
import type { Ctx } from './ctx'
import { dayAndTime } from './format'
import { Header, Label, Title } from './parts'

type Kind = keyof Messages['ended']

const LOOK: Record<Kind, { shape: SealShape; tone: string }> = {
  verified: { shape: 'closed', tone: 'verified' },
  elsewhere: { shape: 'dashed', tone: 'unreachable' },
  refusedElsewhere: { shape: 'octagon', tone: 'refused' },
  eligible: { shape: 'closed', tone: 'verified' },
  confirmed: { shape: 'closed', tone: 'verified' },
  paid: { shape: 'closed', tone: 'verified' },
  sent: { shape: 'closed', tone: 'verified' },
  declined: { shape: 'octagon', tone: 'refused' },
  refused: { shape: 'octagon', tone: 'refused' },
  reported: { shape: 'octagon', tone: 'refused' },
  timedOut: { shape: 'clock', tone: 'waiting' },
  cancelled: { shape: 'struck', tone: 'unreachable' },
  unprovable: { shape: 'dashed', tone: 'unreachable' },
  wrongNumber: { shape: 'octagon', tone: 'refused' },
  invalid: { shape: 'dashed', tone: 'unreachable' },
}

/** Which of the endings a state reads as. */
export function endingOf(state: State): Kind {
  if (state.unprovable) return 'unprovable'
  if (state.wrongNumber) return 'wrongNumber'
  if (state.elsewhere) return state.outcome === 'passed' ? 'elsewhere' : 'refusedElsewhere'
  const asked = state.request?.view.statement
  switch (state.outcome) {
    case 'passed':
      return asked?.kind === 'eligibility' ? 'eligible' : asked?.call ? 'confirmed' : asked?.payment ? 'paid' : asked?.recipient ? 'sent' : 'verified'
    case 'denied':
      return state.reported ? 'reported' : asked?.payment ? 'declined' : 'refused'
    case 'expired':
    case 'unreachable':
      return 'timedOut'
    case 'cancelled':
      return 'cancelled'
    case 'failed':
      return 'invalid'
  }
}

export function Ended({ ctx, state }: { ctx: Ctx; state: State }) {
  const { m, act } = ctx
  const kind = endingOf(state)
  const look = LOOK[kind]
  const entry = remember('', state)
  const suspicious = state.elsewhere || kind === 'refused' || kind === 'declined' || kind === 'wrongNumber'
  return (
    <>
      <Header ctx={ctx} />
      <main class="page verdict" data-testid="ended" data-outcome={state.outcome} data-kind={kind}>
        <div class={`verdict-seal ${look.tone}`}>
          <Seal shape={look.shape} size={look.shape === 'closed' ? 168 : 96} closing={look.shape === 'closed'} />
        </div>
        <Title>{m.ended[kind].title}</Title>
        <p class="lead">{m.ended[kind].text}</p>
        <Details ctx={ctx} state={state} />
        {suspicious && entry && (
          <button type="button" class="link report" data-testid="report" onClick={() => (act.closeRequest(), act.go({ name: 'report', entry }))}>
            <Label ctx={ctx}>{m.reportLink}</Label>
          </button>
        )}
        <button type="button" class="btn wide" data-testid="close" onClick={() => act.closeRequest()}>
          <Label ctx={ctx}>{m.close}</Label>
        </button>
      </main>
    </>
  )
}

function Details({ ctx, state }: { ctx: Ctx; state: State }) {
  const { lang, m } = ctx
  const asked = state.request?.view.statement
  const name = asked?.display.name[lang]
  return (
    <dl class="details">
      {asked?.payment && (
        <>
          <div>
            <dt>{m.payment.payee}</dt>
            <dd data-testid="payee">{asked.payment.payee}</dd>
          </div>
          <div>
            <dt>{m.payment.amount}</dt>
            <dd class="tabular" data-testid="amount">
              {money(asked.payment.amount, asked.payment.currency, lang)}
            </dd>
          </div>
        </>
      )}
      {asked?.call && (
        <div>
          <dt>{m.announced.number}</dt>
          <dd class="tabular">{asked.call.number}</dd>
        </div>
      )}
      {name && (
        <div>
          <dt>{ctx.m.details.with}</dt>
          <dd>{name}</dd>
        </div>
      )}
      <div>
        <dt>{ctx.m.details.when}</dt>
        <dd class="tabular">{dayAndTime(state.decidedAt, lang)}</dd>
      </div>
      {state.reference && (
        <div>
          <dt>{ctx.m.details.reference}</dt>
          <dd class="tabular" data-testid="reference">
            {state.reference}
          </dd>
        </div>
      )}
    </dl>
  )
}
