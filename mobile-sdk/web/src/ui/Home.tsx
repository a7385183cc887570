import { Seal } from '@honnin/kit/icons'
import { AddedPhone } from './AddedPhone'
import { CompanyCard } from './CompanyCard'
import type { Ctx } from './ctx'
import { joined } from './format'
import { HistoryList } from './History'
import { OfferEntry } from './OfferEntry'
import { Header, Label, LanguageButton, Title } from './parts'
import { Reach } from './Reach'

export function Home({ ctx }: { ctx: Ctx }) {
  const { model, m, act } = ctx
  const known = model.companies.length + model.unfinished.length > 0
  return (
    <>
      <Header ctx={ctx}>
        {!known && <LanguageButton ctx={ctx} />}
        <button type="button" class="link" data-testid="settings" onClick={() => act.go({ name: 'settings' })}>
          {m.settings}
        </button>
      </Header>
      <main class="page" data-testid="home" data-empty={!known}>
        {known ? <Companies ctx={ctx} /> : <Welcome ctx={ctx} />}
      </main>
    </>
  )
}

function Welcome({ ctx }: { ctx: Ctx }) {
  const { m, act } = ctx
  return (
    <>
      <Title quiet>{m.welcome.title}</Title>
      <p class="lead">{m.welcome.intro}</p>
      <OfferEntry ctx={ctx} />
      <ul class="notes">
        {m.welcome.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <button type="button" class="link action" data-testid="restore-page" onClick={() => act.openBackup('restore')}>
        <Label ctx={ctx}>{m.backup.restoreLink}</Label>
      </button>
    </>
  )
}

function Companies({ ctx }: { ctx: Ctx }) {
  const { model, m, act } = ctx
  return (
    <>
      <Title quiet>{m.home.title}</Title>
      <p class="lead">{m.home.lead}</p>
      {model.companies.flatMap((company) => company.phones.added.map((phone) => <AddedPhone key={`${company.tenant}-${phone.id}`} ctx={ctx} company={company} phone={phone} />))}
      <ul role="list" class="cards">
        {model.companies.map((company) => (
          <li key={company.tenant}>
            <CompanyCard ctx={ctx} company={company} />
          </li>
        ))}
        {model.unfinished.map((u) => (
          <li key={`u-${u.tenant}`} class="card tint-waiting" data-testid="unfinished">
            <Seal shape="open" size={36} />
            <div>
              <h2>{m.home.unfinished(u.name[ctx.lang])}</h2>
              <p>{m.home.unfinishedHint}</p>
              <button type="button" class="btn" data-testid="resume" onClick={() => act.resumeEnrolment(u.tenant)}>
                <Label ctx={ctx}>{m.home.resume}</Label>
              </button>
            </div>
          </li>
        ))}
      </ul>
      <Preparing ctx={ctx} />
      {model.companies.length > 0 && <Reach ctx={ctx} />}
      {model.companies.length > 0 && (
        <section aria-labelledby="recent">
          <h2 id="recent" class="section">
            {m.home.recent}
          </h2>
          {model.history.length === 0 ? <p class="muted">{m.home.nothingYet}</p> : <HistoryList ctx={ctx} entries={model.history.slice(0, 3)} />}
          {model.history.length > 0 && (
            <button type="button" class="link action" data-testid="history-link" onClick={() => act.go({ name: 'history' })}>
              <Label ctx={ctx}>{m.home.allHistory}</Label>
            </button>
          )}
        </section>
      )}
    </>
  )
}

/** What goes on behind the scenes: apart from the cards, whose tints say whether a call is real. */
function Preparing({ ctx }: { ctx: Ctx }) {
  const { m, model, lang } = ctx
  const at = (progress: string) => model.companies.filter((c) => !c.link.refused && c.prepared === progress)
  const failed = at('failed')
  if (failed.length === 0 && at('working').length === 0) return null
  return (
    <p class="muted" data-testid="preparing">
      {failed.length > 0 ? m.home.prepareFailed(joined(failed.map((c) => c.name[lang]), lang)) : m.home.preparing}
    </p>
  )
}
