import type { PastRequest } from '../store/records'
import type { Ctx } from './ctx'
import { dayAndTime } from './format'
import { BackButton, Header, Label, Title } from './parts'

/** After a request has ended the server takes no report: this page leads to the company itself, on its own number. */
export function Report({ ctx, entry }: { ctx: Ctx; entry: PastRequest }) {
  const { m, lang, model } = ctx
  // The number kept at enrolment, not the one of the request in doubt.
  const number = model.companies.find((c) => c.tenant === entry.tenant)?.number ?? entry.number
  return (
    <>
      <Header ctx={ctx}>
        <BackButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="report-page">
        <Title>{m.report.title}</Title>
        <p class="lead">{m.report.intro(entry.company[lang])}</p>
        <ol class="notes">
          {m.report.steps.map((s) => (
            <li key={s}>{s}</li>
          ))}
        </ol>
        <a class="btn btn-primary wide" href={`tel:${number.replace(/[^0-9+]/g, '')}`} data-testid="report-call">
          <Label ctx={ctx}>{m.report.call(number)}</Label>
        </a>
        <section class="panel">
          <h2 class="section">{m.report.details}</h2>
          <dl class="details">
            <div>
              <dt>{m.details.with}</dt>
              <dd>{entry.company[lang]}</dd>
            </div>
            <div>
              <dt>{m.request.about}</dt>
              <dd>{entry.purpose[lang]}</dd>
            </div>
            <div>
              <dt>{m.details.when}</dt>
              <dd class="tabular">{dayAndTime(entry.decidedAt, lang)}</dd>
            </div>
            {entry.reference && (
              <div>
                <dt>{m.details.reference}</dt>
                <dd class="tabular">{entry.reference}</dd>
              </div>
            )}
          </dl>
        </section>
        <p class="muted">{m.report.police}</p>
      </main>
    </>
  )
}
