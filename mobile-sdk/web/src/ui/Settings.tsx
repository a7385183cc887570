import { LANGS } from '@honnin/kit/i18n'
import { useState } from 'preact/hooks'
import type { CompanyView } from '../app/model'
import type { Ctx } from './ctx'
import { fullDate } from './format'
import { Consents } from './Consents'
import { OfferEntry } from './OfferEntry'
import { BackButton, Header, Label, Title } from './parts'
import { PhoneList } from './Phones'

const NAMES = { ja: '日本語', en: 'English' }

export function Settings({ ctx }: { ctx: Ctx }) {
  const { m, act, model, lang } = ctx
  return (
    <>
      <Header ctx={ctx}>
        <BackButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="settings-page">
        <Title>{m.settingsPage.title}</Title>
        <section aria-labelledby="language">
          <h2 id="language" class="section">
            {m.settingsPage.language}
          </h2>
          <div class="panel choices" role="radiogroup" aria-labelledby="language">
          {LANGS.map((l) => (
            <label key={l} class="choice" lang={l}>
              <input type="radio" name="lang" data-testid={`lang-${l}`} checked={l === lang} onChange={() => act.setLang(l)} />
              {NAMES[l]}
            </label>
          ))}
          </div>
        </section>
        <section aria-labelledby="companies">
          <h2 id="companies" class="section">
            {m.settingsPage.companies}
          </h2>
          {model.companies.length === 0 && <p class="muted">{m.settingsPage.none}</p>}
          <ul role="list" class="cards">
            {model.companies.map((c) => (
              <li key={c.tenant}>
                <Company ctx={ctx} company={c} />
              </li>
            ))}
          </ul>
        </section>
        {model.companies.length > 0 && (
          <section aria-labelledby="add">
            <h2 id="add" class="section">
              {m.welcome.addAnother}
            </h2>
            <OfferEntry ctx={ctx} />
          </section>
        )}
        {model.companies.length > 0 && (
          <section aria-labelledby="backup" class="stack">
            <h2 id="backup" class="section">
              {m.backup.title}
            </h2>
            <p>{m.backup.lead}</p>
            <button type="button" class="btn wide" data-testid="backup-open" onClick={() => act.openBackup('backup')}>
              <Label ctx={ctx}>{m.backup.openPage}</Label>
            </button>
          </section>
        )}
        <section aria-labelledby="about">
          <h2 id="about" class="section">
            {m.settingsPage.about}
          </h2>
          <p class="muted">{m.settingsPage.aboutText}</p>
        </section>
      </main>
    </>
  )
}

function Company({ ctx, company }: { ctx: Ctx; company: CompanyView }) {
  const { m, act, lang } = ctx
  const [asking, setAsking] = useState(false)
  const name = company.name[lang]
  return (
    <div class="panel entry" data-testid="settings-company" data-tenant={company.tenant}>
      <h3>{name}</h3>
      {company.enrolledAt !== null && <p class="muted">{m.settingsPage.enrolled(fullDate(company.enrolledAt, lang))}</p>}
      <p class="muted">
        {m.settingsPage.issuer} {company.issuerHost}
      </p>
      <p class="muted">{m.settingsPage.prepared[company.prepared]}</p>
      <PhoneList ctx={ctx} company={company} />
      <Consents ctx={ctx} company={company} />
      {!asking ? (
        <button type="button" class="btn" data-testid="remove" aria-label={`${m.settingsPage.remove}: ${name}`} onClick={() => setAsking(true)}>
          <Label ctx={ctx}>{m.settingsPage.remove}</Label>
        </button>
      ) : (
        <div role="alertdialog" aria-labelledby={`ask-${company.tenant}`} aria-describedby={`why-${company.tenant}`} class="ask">
          <p id={`ask-${company.tenant}`}>
            <strong>{m.settingsPage.removeAsk(name)}</strong>
          </p>
          <p id={`why-${company.tenant}`}>{m.settingsPage.removeText}</p>
          <div class="pair">
            <button type="button" class="btn" data-testid="remove-no" onClick={() => setAsking(false)}>
              <Label ctx={ctx}>{m.settingsPage.removeNo}</Label>
            </button>
            <button type="button" class="btn btn-danger" data-testid="remove-yes" onClick={() => act.removeCompany(company.tenant)}>
              <Label ctx={ctx}>{m.settingsPage.removeYes}</Label>
            </button>
          </div>
        </div>
      )}
    </div>
  )
}
