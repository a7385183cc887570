import { useState } from 'preact/hooks'
import type { CompanyView } from '../app/model'
import type { Phone } from '../core/devices'
import type { Ctx } from './ctx'
import { dayAndTime } from './format'
import { Label, TroubleBox } from './parts'
import { RemovePhone } from './Phones'

/**
 * A phone that this one has not seen before. Most often the customer's own doing, so it is told calmly, and stays until
 * they say which it is: whoever enrolled a phone in their name could answer in their name.
 */
export function AddedPhone({ ctx, company, phone }: { ctx: Ctx; company: CompanyView; phone: Phone }) {
  const { m, act, lang } = ctx
  const [removing, setRemoving] = useState(false)
  return (
    <section class="panel added" data-testid="phone-added" data-tenant={company.tenant} aria-labelledby={`added-${phone.id}`}>
      <div class="who">
        <PhoneMark />
        <div>
          <h2 id={`added-${phone.id}`}>{m.phones.added}</h2>
          <p class="muted tabular">
            {company.name[lang]} ・ {phone.label} ・ {dayAndTime(phone.enrolled_at, lang)}
          </p>
        </div>
      </div>
      {company.phones.error && <TroubleBox ctx={ctx} code={company.phones.error} />}
      {removing ? (
        <RemovePhone ctx={ctx} company={company} phone={phone} keep={() => setRemoving(false)} />
      ) : (
        <>
          <p>{m.phones.addedText}</p>
          <div class="pair">
            <button type="button" class="btn" data-testid="phone-mine" onClick={() => act.acceptPhone(company.tenant, phone.id)}>
              <Label ctx={ctx}>{m.phones.mine}</Label>
            </button>
            <button type="button" class="btn btn-danger" data-testid="phone-not-mine" onClick={() => setRemoving(true)}>
              <Label ctx={ctx}>{m.phones.notMine}</Label>
            </button>
          </div>
        </>
      )}
    </section>
  )
}

function PhoneMark() {
  return (
    <svg width="28" height="28" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true" focusable="false">
      <rect x="6.5" y="2.5" width="11" height="19" rx="2" />
      <path d="M10.5 18.5h3" stroke-linecap="round" />
    </svg>
  )
}
