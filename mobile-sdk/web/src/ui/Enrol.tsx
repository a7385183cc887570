import { Check, Seal } from '@honnin/kit/icons'
import { STEPS, stepStatus, type EnrolState, type Offering, type StepName } from '../core/enrolment'
import type { Others } from '../core/wire'
import { troubleFor } from '../i18n/index'
import type { Ctx } from './ctx'
import { sentences } from './format'
import { Avatar, Header, Label, LanguageButton, Spinner, Title, TroubleBox } from './parts'

export function Enrol({ ctx, state }: { ctx: Ctx; state: EnrolState }) {
  return (
    <>
      <Header ctx={ctx}>
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="enrol" data-state={state.at}>
        {state.at === 'reading' && <Reading ctx={ctx} />}
        {state.at === 'offered' && <Offered ctx={ctx} offering={state.offering} />}
        {(state.at === 'working' || state.at === 'passkey') && <Working ctx={ctx} state={state} />}
        {state.at === 'enrolled' && <Enrolled ctx={ctx} offering={state.offering} others={state.others} />}
        {state.at === 'failed' && <Failed ctx={ctx} state={state} />}
      </main>
    </>
  )
}

function Reading({ ctx }: { ctx: Ctx }) {
  return (
    <div class="centre">
      <Spinner />
      <Title>{ctx.m.enrol.reading}</Title>
    </div>
  )
}

function Who({ ctx, offering }: { ctx: Ctx; offering: Offering }) {
  const name = offering.company[ctx.lang]
  return (
    <div class="who">
      <Avatar name={name} />
      <div>
        <p class="who-name" data-testid="offer-company">
          {name}
        </p>
        <p class="muted">
          {ctx.m.enrol.issuer} <span data-testid="offer-issuer">{offering.issuerHost}</span>
        </p>
      </div>
    </div>
  )
}

function Offered({ ctx, offering }: { ctx: Ctx; offering: Offering }) {
  const { m, act, lang } = ctx
  return (
    <>
      <Who ctx={ctx} offering={offering} />
      <Title>{m.enrol.offers(offering.company[lang])}</Title>
      <section class="panel" aria-labelledby="what">
        <h2 id="what" class="section">
          {m.enrol.willHappen}
        </h2>
        <ul role="list" class="ticks">
          {m.enrol.points.map((point) => (
            <li key={point}>
              <Check /> <span>{point}</span>
            </li>
          ))}
        </ul>
      </section>
      <p class="muted">{m.enrol.trust}</p>
      <div class="pair">
        <button type="button" class="btn" data-testid="enrol-cancel" onClick={() => act.leaveEnrolment()}>
          <Label ctx={ctx}>{m.enrol.notNow}</Label>
        </button>
        <button type="button" class="btn btn-primary" data-testid="enrol-start" onClick={() => act.startEnrolment()}>
          <Label ctx={ctx}>{m.enrol.start}</Label>
        </button>
      </div>
    </>
  )
}

function StepList({ ctx, state }: { ctx: Ctx; state: EnrolState }) {
  return (
    <ol role="list" class="steps" data-testid="enrol-steps">
      {STEPS.map((step) => (
        <StepLine key={step} ctx={ctx} state={state} step={step} />
      ))}
    </ol>
  )
}

function StepLine({ ctx, state, step }: { ctx: Ctx; state: EnrolState; step: StepName }) {
  const { m } = ctx
  const status = stepStatus(state, step)
  const percent = state.at === 'working' && state.step === step && state.progress !== null ? Math.floor(state.progress * 100) : null
  return (
    <li class={`step step-${status}`} data-testid={`step-${step}`} data-status={status}>
      <Seal shape={status === 'done' ? 'closed' : status === 'failed' ? 'octagon' : status === 'active' ? 'open' : 'dashed'} size={24} />
      <span class="step-name">{m.enrol.steps[step]}</span>
      <span class="muted tabular">{percent !== null ? m.enrol.percent(percent) : status === 'todo' ? '' : m.enrol.status[status]}</span>
      <span class="visually-hidden">{status === 'todo' ? m.enrol.status.todo : ''}</span>
    </li>
  )
}

function Working({ ctx, state }: { ctx: Ctx; state: Extract<EnrolState, { at: 'working' | 'passkey' }> }) {
  const { m, act, lang } = ctx
  return (
    <>
      <Who ctx={ctx} offering={state.offering} />
      {state.at === 'working' ? <Title key="working">{m.enrol.working}</Title> : <Title key="passkey">{m.enrol.consentTitle}</Title>}
      {state.at === 'working' && <StepList ctx={ctx} state={state} />}
      {state.at === 'passkey' && (
        <>
          <section class="panel" aria-labelledby="agree">
            <h2 id="agree" class="section">
              {m.enrol.consent}
            </h2>
            <div class="agree" data-testid="consent-text">
              {sentences(state.consent[lang]).map((sentence) => (
                <p key={sentence}>{sentence}</p>
              ))}
            </div>
          </section>
          {state.offering.restored ? <p>{m.enrol.restored}</p> : null}
          <OtherPhones ctx={ctx} chosen={state.others} busy={state.busy} />
          <p class="muted">{m.enrol.passkeyText}</p>
          {state.error && <TroubleBox ctx={ctx} code={state.error} />}
          <div class="pair">
            <button type="button" class="btn" data-testid="disagree" disabled={state.busy} onClick={() => act.leaveEnrolment()}>
              <Label ctx={ctx}>{m.enrol.disagree}</Label>
            </button>
            <button type="button" class="btn btn-primary" data-testid="make-passkey" disabled={state.busy} onClick={() => act.makePasskey()}>
              <Label ctx={ctx}>{state.busy ? m.enrol.passkeyBusy : m.enrol.passkeyButton}</Label>
            </button>
          </div>
        </>
      )}
    </>
  )
}

const OTHERS: Others[] = ['keep', 'replace']

/** What becomes of the customer's other phones. Nobody knows here whether there are any: it is told once it is done. */
function OtherPhones({ ctx, chosen, busy }: { ctx: Ctx; chosen: Others; busy: boolean }) {
  const { m, act } = ctx
  return (
    <fieldset class="panel others" disabled={busy}>
      <legend>{m.enrol.othersTitle}</legend>
      {OTHERS.map((others) => (
        <label key={others} class="choice">
          <input type="radio" name="others" data-testid={`others-${others}`} checked={chosen === others} onChange={() => act.chooseOthers(others)} />
          <span>
            {m.enrol.others[others].title}
            <span class="muted">{m.enrol.others[others].text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Enrolled({ ctx, offering, others }: { ctx: Ctx; offering: Offering; others: number }) {
  const { m, act, lang } = ctx
  return (
    <div class="verdict" data-testid="enrolled">
      <div class="verdict-seal verified">
        <Seal shape="closed" size={144} closing />
      </div>
      <Title>{m.enrol.doneTitle}</Title>
      <p class="lead">{m.enrol.doneText(offering.company[lang])}</p>
      {others > 0 && (
        <p class="muted" data-testid="other-phones">
          {m.enrol.othersLeft(others)}
        </p>
      )}
      <button type="button" class="btn btn-primary wide" data-testid="enrol-done" onClick={() => act.leaveEnrolment()}>
        <Label ctx={ctx}>{m.enrol.done}</Label>
      </button>
    </div>
  )
}

function Failed({ ctx, state }: { ctx: Ctx; state: Extract<EnrolState, { at: 'failed' }> }) {
  const { m, act } = ctx
  const again = state.resumable || troubleFor(state.code) === 'storage-refused'
  return (
    <>
      {state.offering && <Who ctx={ctx} offering={state.offering} />}
      <Title>{m.enrol.failedTitle}</Title>
      <TroubleBox ctx={ctx} code={state.code} />
      {state.step && <StepList ctx={ctx} state={state} />}
      <div class={again ? 'pair' : ''}>
        <button type="button" class="btn wide" data-testid="enrol-cancel" onClick={() => act.leaveEnrolment()}>
          <Label ctx={ctx}>{m.close}</Label>
        </button>
        {again && (
          <button type="button" class="btn btn-primary wide" data-testid="enrol-retry" onClick={() => act.startEnrolment()}>
            <Label ctx={ctx}>{m.retry}</Label>
          </button>
        )}
      </div>
    </>
  )
}
