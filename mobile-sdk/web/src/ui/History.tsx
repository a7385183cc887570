import { Seal, type SealShape } from '@honnin/kit/icons'
import { money } from '@honnin/kit/money'
import type { EndState } from '../core/wire'
import type { PastRequest } from '../store/records'
import type { Ctx } from './ctx'
import { dayAndTime, joined, shortWhen } from './format'
import { BackButton, Header, Label, Title, TroubleBox } from './parts'

const SHAPES: Record<EndState, [SealShape, string]> = {
  passed: ['closed', 'verified'],
  failed: ['dashed', 'unreachable'],
  denied: ['octagon', 'refused'],
  expired: ['clock', 'waiting'],
  cancelled: ['struck', 'unreachable'],
  unreachable: ['dashed', 'unreachable'],
}

/** One line an entry: who and why, how it ended, when. */
export function HistoryList({ ctx, entries }: { ctx: Ctx; entries: PastRequest[] }) {
  const { m, lang, model } = ctx
  return (
    <ul role="list" class="history" data-testid="recent-history">
      {entries.map((e) => {
        const [shape, tone] = SHAPES[e.outcome]
        return (
          <li key={e.verification} data-outcome={e.outcome}>
            <span>{joined([e.company[lang], e.payment ? money(e.payment.amount, e.payment.currency, lang) : e.purpose[lang]], lang)}</span>
            <span class={`outcome ${tone}`}>
              <Seal shape={shape} size={18} /> {m.history.outcome[e.outcome]} <span class="tabular">{shortWhen(e.decidedAt, model.now, lang)}</span>
            </span>
          </li>
        )
      })}
    </ul>
  )
}

export function History({ ctx }: { ctx: Ctx }) {
  const { m, lang, model, act } = ctx
  return (
    <>
      <Header ctx={ctx}>
        <BackButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="history">
        <Title>{m.history.title}</Title>
        {model.history.length === 0 && <p class="muted">{m.history.empty}</p>}
        <ul role="list" class="cards">
          {model.history.map((e) => {
            const [shape, tone] = SHAPES[e.outcome]
            return (
              <li key={e.verification} class="panel entry" data-testid="history-entry" data-outcome={e.outcome}>
                <p class={`outcome ${tone}`}>
                  <Seal shape={shape} size={20} /> {m.history.outcome[e.outcome]}
                  {e.reported && ` ・ ${m.history.reported}`}
                </p>
                <h2>{e.company[lang]}</h2>
                <p>{e.purpose[lang]}</p>
                <p class="muted tabular">
                  {dayAndTime(e.decidedAt, lang)}
                  {e.reference && ` ・ ${m.details.reference} ${e.reference}`}
                </p>
                {model.companies.some((c) => c.tenant === e.tenant) && <Receipt ctx={ctx} entry={e} />}
                <button type="button" class="link report" data-testid="history-report" onClick={() => act.go({ name: 'report', entry: e })}>
                  <Label ctx={ctx}>{m.history.report}</Label>
                </button>
              </li>
            )
          })}
        </ul>
      </main>
    </>
  )
}

/** Two taps: one fetches, one hands over. Sharing needs a tap of its own, which a slow answer would have used up. */
function Receipt({ ctx, entry }: { ctx: Ctx; entry: PastRequest }) {
  const { m, act, model } = ctx
  const receipt = model.papers.receipt?.verification === entry.verification ? model.papers.receipt : null
  if (receipt?.at === 'loading') {
    return (
      <p role="status" class="muted">
        {m.history.receiptLoading}
      </p>
    )
  }
  if (receipt?.at === 'ready') {
    return (
      <>
        <p class="muted">{m.history.receiptNote}</p>
        <button type="button" class="btn" data-testid="receipt-hand" onClick={() => act.handReceipt()}>
          <Label ctx={ctx}>{m.history.receiptHand}</Label>
        </button>
        <p role="status">{receipt.handed && m.history.receiptHanded}</p>
      </>
    )
  }
  return (
    <>
      {receipt?.at === 'failed' && <TroubleBox ctx={ctx} code={receipt.code} />}
      <button type="button" class="link action" data-testid="receipt" onClick={() => act.loadReceipt(entry.tenant, entry.verification)}>
        <Label ctx={ctx}>{m.history.receipt}</Label>
      </button>
    </>
  )
}
