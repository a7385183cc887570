import { Seal } from '@honnin/kit/icons'
import type { Forged as State } from '../core/request'
import type { Ctx } from './ctx'
import { Header, Label, LanguageButton, Title, TroubleBox } from './parts'

/**
 * A notice in a company's name that the company did not sign so. Nothing that it says is shown: it is not the company's
 * word. It can be refused and reported, never approved.
 */
export function Forged({ ctx, state }: { ctx: Ctx; state: State }) {
  const { m, act, lang, model } = ctx
  const company = model.companies.find((c) => c.tenant === model.requestTenant)
  const busy = state.busy !== null
  return (
    <>
      <Header ctx={ctx}>
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page forged" data-testid="forged" data-code={state.code}>
        <div class="forged-box">
          <Seal shape="octagon" size={96} />
          <Title>{m.forged.title}</Title>
          <p>{m.forged.text(company?.name[lang] ?? m.appName)}</p>
        </div>
        <ul class="notes">
          {m.forged.now.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {company && (
          <a class="btn wide tabular" href={`tel:${company.number.replace(/[^0-9+]/g, '')}`} data-testid="forged-call">
            <Label ctx={ctx}>{m.report.call(company.number)}</Label>
          </a>
        )}
        <p class="muted">
          {m.forged.code}: <span class="tabular">{state.code}</span>
        </p>
        {state.error && <TroubleBox ctx={ctx} code={state.error} />}
        <div class="pair">
          <button type="button" class="btn" data-testid="refuse" disabled={busy} onClick={() => act.refuse(false)}>
            <Label ctx={ctx}>{m.forged.refuse}</Label>
          </button>
          <button type="button" class="btn btn-danger" data-testid="report" disabled={busy} onClick={() => act.refuse(true)}>
            <Label ctx={ctx}>{busy ? m.request.refusing : m.request.report}</Label>
          </button>
        </div>
        <button type="button" class="link" data-testid="close" onClick={() => act.closeRequest()}>
          {m.close}
        </button>
      </main>
    </>
  )
}
