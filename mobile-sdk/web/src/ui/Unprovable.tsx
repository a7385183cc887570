import { Seal } from '@honnin/kit/icons'
import type { Unprovable as State } from '../core/request'
import type { Ctx } from './ctx'
import { Header, Label, LanguageButton, Title, TroubleBox } from './parts'
import { CompanyHead } from './requestParts'

/** The condition does not hold for this credential. Which one, not even this screen says: somebody may look on. */
export function Unprovable({ ctx, state }: { ctx: Ctx; state: State }) {
  const { m, act, lang } = ctx
  const busy = state.busy !== null
  return (
    <>
      <Header ctx={ctx}>
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="unprovable">
        <CompanyHead ctx={ctx} state={state} />
        <div class="card tint-unreachable">
          <Seal shape="dashed" size={36} />
          <div>
            <Title>{m.unprovable.title}</Title>
            <p>{state.request.view.statement.purpose[lang]}</p>
          </div>
        </div>
        <p>{m.unprovable.privacy}</p>
        <p>{m.unprovable.text}</p>
        {state.error && <TroubleBox ctx={ctx} code={state.error} />}
        <div class="stack">
          <button type="button" class="btn btn-primary wide" data-testid="tell-unprovable" disabled={busy} onClick={() => act.sayUnprovable()}>
            <Label ctx={ctx}>{state.busy === 'sending' ? m.unprovable.telling : m.unprovable.tell}</Label>
          </button>
          <button type="button" class="btn wide" data-testid="refuse" disabled={busy} onClick={() => act.refuse(false)}>
            <Label ctx={ctx}>{m.unprovable.refuse}</Label>
          </button>
          <button type="button" class="link report" data-testid="report" disabled={busy} onClick={() => act.refuse(true)}>
            <Label ctx={ctx}>{m.request.report}</Label>
          </button>
        </div>
      </main>
    </>
  )
}
