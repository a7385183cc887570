import { useState } from 'preact/hooks'
import type { Asking } from '../core/request'
import type { CallPart } from '../core/wire'
import { Answers, Approve } from './Answers'
import type { Ctx } from './ctx'
import { windowText } from './format'
import { Label, Title } from './parts'
import { CompanyHead, Direction, Fact, Facts, RequestHeader, RequestPage } from './requestParts'

/** A call that the company announces, and signed: who, from which number, when, about what, and what is never asked. */
export function Announced({ ctx, state, call }: { ctx: Ctx; state: Asking; call: CallPart }) {
  const { m, lang, model, act } = ctx
  const { tenant } = state.request.view.statement
  const zone = model.companies.find((c) => c.tenant === tenant)?.timeZone ?? 'Asia/Tokyo'
  const [picking, setPicking] = useState(false)
  const when = (w: { from: number; until: number }) => windowText(w.from, w.until, model.now + model.offset, lang, zone)
  const busy = state.busy !== null
  return (
    <>
      <RequestHeader ctx={ctx}>
        <button type="button" class="link" data-testid="answer-later" disabled={busy} onClick={() => act.answerLater()}>
          {m.announced.later}
        </button>
      </RequestHeader>
      <RequestPage state={state} label={m.announced.title}>
        <CompanyHead ctx={ctx} state={state} />
        <Direction ctx={ctx} state={state} />
        <Title>{m.announced.title}</Title>
        <Facts ctx={ctx} state={state}>
          <Fact name={m.announced.when} testid="call-window">
            <strong class="tabular">{when(call)}</strong>
          </Fact>
          <Fact name={m.announced.number} testid="call-number">
            <strong class="tabular">{call.number}</strong>
          </Fact>
        </Facts>
        <dl class="facts never">
          <Fact name={m.announced.never} testid="never-asked">
            {m.announced.neverText}
          </Fact>
        </dl>
        <p class="muted">{m.announced.checkHere}</p>
        {call.offered.length > 0 && (
          <section class="panel" aria-label={m.announced.another}>
            <button type="button" class="btn" aria-expanded={picking} data-testid="another-time" disabled={busy} onClick={() => setPicking(!picking)}>
              <Label ctx={ctx}>{m.announced.another}</Label>
            </button>
            {picking && (
              <>
                <p class="muted">{m.announced.pick}</p>
                <ul role="list" class="stack">
                  {call.offered.map((window, i) => (
                    <li key={window.from}>
                      <button type="button" class="btn wide tabular" data-testid={`window-${i}`} disabled={busy} onClick={() => act.moveCall(i)}>
                        <Label ctx={ctx}>{when(window)}</Label>
                      </button>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </section>
        )}
      </RequestPage>
      <Answers ctx={ctx} state={state} refuseSub={m.announced.refuseSub}>
        <Approve ctx={ctx} state={state} main={m.announced.approve} sub={m.announced.approveSub} />
      </Answers>
    </>
  )
}
