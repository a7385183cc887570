import { useEffect, useState } from 'preact/hooks'
import type { CompanyView } from '../app/model'
import { paragraphFits } from '../core/screen'
import type { Consent } from '../core/wire'
import type { Ctx } from './ctx'
import { dayAndTime, sentences } from './format'
import { Label, TroubleBox } from './parts'

/** What this company may do, by the customer's word; each can be withdrawn. */
export function Consents({ ctx, company }: { ctx: Ctx; company: CompanyView }) {
  const { m, act, model, lang } = ctx
  const [open, setOpen] = useState(false)
  const view = model.papers.consents[company.tenant]
  useEffect(() => {
    if (open) act.loadConsents(company.tenant)
  }, [open, company.tenant])
  return (
    <section class="consents" aria-label={`${m.consents.title}: ${company.name[lang]}`} data-testid="consents">
      <button type="button" class="btn" aria-expanded={open} data-testid="consents-open" onClick={() => setOpen(!open)}>
        <Label ctx={ctx}>{m.consents.title}</Label>
      </button>
      {open && (
        <>
          {view?.error && <TroubleBox ctx={ctx} code={view.error} />}
          {!view?.list && !view?.error && <p class="muted">{m.consents.loading}</p>}
          {view?.list?.length === 0 && <p class="muted">{m.consents.none}</p>}
          <ul role="list" class="cards">
            {view?.list?.map((consent) => (
              <li key={consent.id}>
                <ConsentItem ctx={ctx} tenant={company.tenant} consent={consent} busy={view.busy} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

/** Withdrawing is asked for in words that are typed: it ends something, and a stray tap must not. */
function ConsentItem({ ctx, tenant, consent, busy }: { ctx: Ctx; tenant: string; consent: Consent; busy: boolean }) {
  const { m, act, lang } = ctx
  const [asking, setAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const text = consent.text?.[lang]
  const ready = typed.normalize('NFKC').trim().toLowerCase() === m.consents.word
  const id = `withdraw-${consent.id}`
  return (
    <div class="consent" data-testid="consent" data-withdrawn={consent.withdrawn_at !== null}>
      <div class="agree">{paragraphFits(text) ? sentences(text).map((part) => <p key={part}>{part}</p>) : <p>{m.consents.unreadable}</p>}</div>
      <p class="muted tabular">{m.consents.given(dayAndTime(consent.given_at, lang))}</p>
      {consent.withdrawn_at !== null ? (
        <p role="status" class="unreachable">
          {m.consents.withdrawn(dayAndTime(consent.withdrawn_at, lang))}
        </p>
      ) : !asking ? (
        <button type="button" class="btn" data-testid="withdraw" onClick={() => setAsking(true)}>
          <Label ctx={ctx}>{m.consents.withdraw}</Label>
        </button>
      ) : (
        <form
          class="ask"
          aria-label={m.consents.withdraw}
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) act.withdrawConsent(tenant, consent.id)
          }}
        >
          <p>{consent.purpose === 'enrolment' ? m.consents.effectEnrolment : m.consents.effect}</p>
          <label for={id}>{m.consents.type(m.consents.word)}</label>
          <input id={id} class="typed" data-testid="withdraw-typed" value={typed} autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={20} onInput={(event) => setTyped(event.currentTarget.value)} />
          <div class="pair">
            <button type="button" class="btn" data-testid="withdraw-no" onClick={() => setAsking(false)}>
              <Label ctx={ctx}>{m.consents.keep}</Label>
            </button>
            <button type="submit" class="btn btn-danger" data-testid="withdraw-yes" disabled={!ready || busy}>
              <Label ctx={ctx}>{m.consents.withdraw}</Label>
            </button>
          </div>
        </form>
      )}
    </div>
  )
}
