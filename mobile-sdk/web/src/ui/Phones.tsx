import { useEffect, useState } from 'preact/hooks'
import type { CompanyView } from '../app/model'
import { MOST_NAME, phoneName, type Phone } from '../core/devices'
import type { Ctx } from './ctx'
import { dayAndTime, fullDate } from './format'
import { Label, TroubleBox } from './parts'

/** The customer's own name for a phone where they gave one, else what kind it is. */
const nameOf = (company: CompanyView, phone: Phone): string => company.phones.names[phone.id] ?? phone.label

/** The phones that this company hears: this one first. Names stay on this phone. */
export function PhoneList({ ctx, company }: { ctx: Ctx; company: CompanyView }) {
  const { m, act, lang } = ctx
  const [open, setOpen] = useState(false)
  const { list, error } = company.phones
  useEffect(() => {
    if (open) act.loadPhones(company.tenant)
  }, [open, company.tenant])
  return (
    <section class="consents" aria-label={`${m.phones.title}: ${company.name[lang]}`} data-testid="phones">
      <button type="button" class="btn" aria-expanded={open} data-testid="phones-open" onClick={() => setOpen(!open)}>
        <Label ctx={ctx}>{list === null ? m.phones.title : m.phones.titleWith(list.length)}</Label>
      </button>
      {open && (
        <>
          {error && <TroubleBox ctx={ctx} code={error} />}
          {list === null && !error && <p class="muted">{m.loading}</p>}
          <ul role="list">
            {list?.map((phone) => (
              <li key={phone.id}>
                <PhoneItem ctx={ctx} company={company} phone={phone} />
              </li>
            ))}
          </ul>
          <p class="muted">{m.phones.private}</p>
        </>
      )}
    </section>
  )
}

function PhoneItem({ ctx, company, phone }: { ctx: Ctx; company: CompanyView; phone: Phone }) {
  const { m, act, lang } = ctx
  const [doing, setDoing] = useState<'name' | 'remove' | null>(null)
  const name = nameOf(company, phone)
  const own = company.phones.names[phone.id]
  return (
    <div class="consent phone" data-testid="phone" data-this={phone.this}>
      <p class="strong">
        {name}
        {phone.this && <span class="tag">{m.phones.this}</span>}
      </p>
      <p class="muted tabular">
        {own !== undefined && `${phone.label} ・ `}
        {m.phones.since(fullDate(phone.enrolled_at, lang))}
        <br />
        {phone.last_used_at === null ? m.phones.neverUsed : m.phones.used(dayAndTime(phone.last_used_at, lang))}
      </p>
      {doing === null && (
        <div class="foot-links start">
          <button type="button" class="link action" data-testid="phone-name" aria-label={`${m.phones.rename}: ${name}`} onClick={() => setDoing('name')}>
            <Label ctx={ctx}>{m.phones.rename}</Label>
          </button>
          {!phone.this && (
            <button type="button" class="link report" data-testid="phone-remove" aria-label={`${m.phones.remove}: ${name}`} onClick={() => setDoing('remove')}>
              <Label ctx={ctx}>{m.phones.remove}</Label>
            </button>
          )}
        </div>
      )}
      {doing === 'name' && (
        <Rename
          ctx={ctx}
          id={phone.id}
          now={own ?? ''}
          done={(text) => {
            if (text !== null) act.namePhone(company.tenant, phone.id, text)
            setDoing(null)
          }}
        />
      )}
      {doing === 'remove' && <RemovePhone ctx={ctx} company={company} phone={phone} keep={() => setDoing(null)} />}
    </div>
  )
}

function Rename({ ctx, id, now, done }: { ctx: Ctx; id: string; now: string; done: (text: string | null) => void }) {
  const { m } = ctx
  const [text, setText] = useState(now)
  const fit = phoneName(text) !== null
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault()
        if (fit) done(text)
      }}
    >
      <label for={`name-${id}`}>{m.phones.nameLabel}</label>
      <input id={`name-${id}`} class="typed" data-testid="phone-name-input" value={text} maxLength={MOST_NAME} autocomplete="off" aria-describedby={`private-${id}`} onInput={(event) => setText(event.currentTarget.value)} />
      <p id={`private-${id}`} class="muted">
        {m.phones.private}
      </p>
      <div class="pair">
        <button type="button" class="btn" onClick={() => done(null)}>
          <Label ctx={ctx}>{m.phones.keep}</Label>
        </button>
        <button type="submit" class="btn btn-primary" data-testid="phone-name-save" disabled={!fit}>
          <Label ctx={ctx}>{m.phones.save}</Label>
        </button>
      </div>
    </form>
  )
}

/** Asks once more, and says what follows. */
export function RemovePhone({ ctx, company, phone, keep }: { ctx: Ctx; company: CompanyView; phone: Phone; keep: () => void }) {
  const { m, act, lang } = ctx
  const busy = company.phones.removing !== null
  return (
    <div role="alertdialog" aria-labelledby={`remove-${phone.id}`} aria-describedby={`effect-${phone.id}`} class="ask" data-testid="phone-ask">
      <p id={`remove-${phone.id}`} class="strong">
        {m.phones.removeAsk(nameOf(company, phone))}
      </p>
      <p id={`effect-${phone.id}`}>{m.phones.removeEffect(company.name[lang])}</p>
      <div class="pair">
        <button type="button" class="btn" data-testid="phone-remove-no" disabled={busy} onClick={keep}>
          <Label ctx={ctx}>{m.phones.keep}</Label>
        </button>
        <button type="button" class="btn btn-danger" data-testid="phone-remove-yes" disabled={busy} onClick={() => act.removePhone(company.tenant, phone.id)}>
          <Label ctx={ctx}>{company.phones.removing === phone.id ? m.phones.removing : m.phones.removeYes}</Label>
        </button>
      </div>
    </div>
  )
}
