import { money } from '@honnin/kit/money'
import { picksSlots, type Asking } from '../core/request'
import type { PaymentPart, RecipientPart, Sealable } from '../core/wire'
import { Answers, Approve, directionOf } from './Answers'
import type { Ctx } from './ctx'
import { joined } from './format'
import { Label, Title } from './parts'
import { CompanyHead, Direction, Fact, Facts, RequestHeader, RequestPage } from './requestParts'

interface Props {
  ctx: Ctx
  state: Asking
  recipient: RecipientPart
}

/** A payment or an order: read once whole, once in short, then approved. */
export function Sealed({ ctx, state, recipient }: Props) {
  return state.reviewed ? <Review key="review" ctx={ctx} state={state} recipient={recipient} /> : <Reading key="reading" ctx={ctx} state={state} recipient={recipient} />
}

function Reading({ ctx, state, recipient }: Props) {
  const { m, act, lang } = ctx
  const { payment } = state.request.view.statement
  const words = payment ? m.payment : m.order
  const to = recipient.name[lang]
  return (
    <>
      <RequestHeader ctx={ctx} />
      <RequestPage state={state} label={words.title}>
        <Title>{words.title}</Title>
        {payment ? <Terms ctx={ctx} payment={payment} /> : <Picking ctx={ctx} state={state} recipient={recipient} />}
        <CompanyHead ctx={ctx} state={state} />
        <Direction ctx={ctx} state={state} />
        <Facts ctx={ctx} state={state}>
          {payment && (
            <Fact name={m.sent} testid="sealed">
              {m.payment.sealed(to)}
            </Fact>
          )}
        </Facts>
      </RequestPage>
      <Answers ctx={ctx} state={state} number={false}>
        <button type="button" class="btn btn-primary answer" data-testid="review" disabled={state.busy !== null || state.slots.length === 0} onClick={() => act.review(true)}>
          <span class="answer-main"><Label ctx={ctx}>{words.review}</Label></span>
          <span class="answer-sub"><Label ctx={ctx}>{state.slots.length === 0 ? m.order.pickOne : words.reviewSub}</Label></span>
        </button>
      </Answers>
    </>
  )
}

function Review({ ctx, state, recipient }: Props) {
  const { m, act, lang } = ctx
  const { payment } = state.request.view.statement
  const to = recipient.name[lang]
  const kept = recipient.slots.filter((slot) => !state.slots.includes(slot))
  const named = (slots: Sealable[]) => joined(slots.map((slot) => m.slots[slot]), lang)
  const title = payment ? m.payment.reviewTitle : m.order.reviewTitle
  return (
    <>
      <RequestHeader ctx={ctx}>
        <button type="button" class="link" data-testid="unreview" disabled={state.busy !== null} onClick={() => act.review(false)}>
          {m.back}
        </button>
      </RequestHeader>
      <RequestPage state={state} label={title}>
        <Title>{title}</Title>
        <p class="sentence" data-testid="sentence">
          {payment ? m.payment.sentence(money(payment.amount, payment.currency, lang), payment.payee) : m.order.sentence(named(state.slots), to)}
        </p>
        <Direction ctx={ctx} state={state} />
        <dl class="facts">
          {payment ? <Fact name={m.payment.instrument}>{payment.instrument}</Fact> : kept.length > 0 && <Fact name={m.order.kept}>{named(kept)}</Fact>}
          <Fact name={m.details.with}>{state.request.view.statement.display.name[lang]}</Fact>
        </dl>
      </RequestPage>
      <Answers ctx={ctx} state={state}>
        <Approve ctx={ctx} state={state} main={payment ? m.payment.approve(money(payment.amount, payment.currency, lang)) : m.order.approve} sub={directionOf(ctx, state)} />
      </Answers>
    </>
  )
}

/** Payee, amount and instrument: first, and large. */
function Terms({ ctx, payment }: { ctx: Ctx; payment: PaymentPart }) {
  const { m, lang } = ctx
  return (
    <dl class="terms" data-testid="terms">
      <div>
        <dt>{m.payment.payee}</dt>
        <dd class="terms-payee" data-testid="payee">
          {payment.payee}
        </dd>
      </div>
      <div>
        <dt>{m.payment.amount}</dt>
        <dd class="terms-amount tabular" data-testid="amount">
          {money(payment.amount, payment.currency, lang)}
        </dd>
      </div>
      <div>
        <dt>{m.payment.instrument}</dt>
        <dd data-testid="instrument">{payment.instrument}</dd>
      </div>
      <div>
        <dt>{m.payment.order}</dt>
        <dd class="tabular" data-testid="order">
          {payment.order}
        </dd>
      </div>
    </dl>
  )
}

/** Which attributes go, and to whom: nothing is ticked for the customer. */
function Picking({ ctx, state, recipient }: Props) {
  const { m, act, lang } = ctx
  if (!picksSlots(state.request)) return null
  const toggle = (slot: Sealable, on: boolean) => act.setSlots(on ? [...state.slots, slot] : state.slots.filter((s) => s !== slot))
  return (
    <fieldset class="panel picking" data-testid="picking">
      <legend class="section">{m.order.pick}</legend>
      <p class="terms-payee" data-testid="recipient">
        <span class="muted">{m.order.to}</span> {recipient.name[lang]}
      </p>
      {recipient.order !== undefined && (
        <p>
          <span class="muted">{m.payment.order}</span> <span class="tabular" data-testid="order">{recipient.order}</span>
        </p>
      )}
      {recipient.slots.map((slot) => (
        <label key={slot} class="choice">
          <input type="checkbox" data-testid={`slot-${slot}`} checked={state.slots.includes(slot)} disabled={state.busy !== null} onChange={(event) => toggle(slot, event.currentTarget.checked)} />
          <span>{m.slots[slot]}</span>
        </label>
      ))}
      <p class="muted">{m.order.onlyThey(recipient.name[lang])}</p>
    </fieldset>
  )
}
