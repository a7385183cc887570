import { formatTime } from '@honnin/kit/i18n'
import { Seal, type SealShape } from '@honnin/kit/icons'
import { linkStatus, type LinkStatus } from '../core/freshness'
import type { CompanyView } from '../app/model'
import type { Ctx } from './ctx'
import { HistoryList } from './History'
import { OfferEntry } from './OfferEntry'
import { Header, LanguageButton, Title } from './parts'
import { Reach } from './Reach'

const SHAPES: Record<LinkStatus, SealShape> = { connecting: 'open', fresh: 'struck', unknown: 'dashed', refused: 'octagon' }

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
  const { m } = ctx
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
    </>
  )
}

function Companies({ ctx }: { ctx: Ctx }) {
  const { model, m, act } = ctx
  return (
    <>
      <Title quiet>{m.home.title}</Title>
      <p class="lead">{m.home.noRequestHint}</p>
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
                {m.home.resume}
              </button>
            </div>
          </li>
        ))}
      </ul>
      {model.companies.length > 0 && <Reach ctx={ctx} />}
      {model.companies.length > 0 && (
        <section aria-labelledby="recent">
          <h2 id="recent" class="section">
            {m.home.recent}
          </h2>
          {model.history.length === 0 ? <p class="muted">{m.home.nothingYet}</p> : <HistoryList ctx={ctx} entries={model.history.slice(0, 3)} />}
          {model.history.length > 0 && (
            <button type="button" class="link action" data-testid="history-link" onClick={() => act.go({ name: 'history' })}>
              {m.home.allHistory}
            </button>
          )}
        </section>
      )}
    </>
  )
}

function CompanyCard({ ctx, company }: { ctx: Ctx; company: CompanyView }) {
  const { m, lang, model } = ctx
  const name = company.name[lang]
  const status = linkStatus(company.link, company.since, model.now)
  const heard = company.link.heardAt === null ? null : formatTime(company.link.heardAt, lang)
  const tint = status === 'unknown' ? 'tint-unreachable' : status === 'refused' ? 'tint-refused' : ''
  return (
    <div class={`card ${tint}`} data-testid="company" data-tenant={company.tenant} data-status={status} data-prepared={company.prepared}>
      <Seal shape={SHAPES[status]} size={36} />
      <div>
        {status === 'fresh' && (
          <>
            <h2>{m.home.noRequest(name)}</h2>
            <p class="muted tabular">{heard && m.home.asOf(heard)}</p>
          </>
        )}
        {status === 'connecting' && <h2>{m.home.connecting(name)}</h2>}
        {status === 'unknown' && (
          <>
            <h2>{m.home.unknown(name)}</h2>
            <p>{m.home.unknownHint(name)}</p>
            {heard && <p class="muted tabular">{m.home.lastHeard(heard)}</p>}
          </>
        )}
        {status === 'refused' && (
          <>
            <h2>{m.home.refused(name)}</h2>
            <p>{m.home.refusedHint}</p>
          </>
        )}
        {status !== 'refused' && company.prepared !== 'ready' && (
          <p class="muted">{company.prepared === 'working' ? m.home.preparing : m.home.prepareFailed}</p>
        )}
      </div>
    </div>
  )
}
