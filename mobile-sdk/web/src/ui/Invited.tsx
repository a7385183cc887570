import { Check, Seal } from '@honnin/kit/icons'
import type { Ask, InvitedState } from '../app/invited'
import type { Ctx } from './ctx'
import { dayAndTime, joined, sentences } from './format'
import { Avatar, Header, Label, LanguageButton, Spinner, Title, TroubleBox } from './parts'

/** An invitation to prove something to a company that knows nothing of the customer. */
export function Invited({ ctx }: { ctx: Ctx }) {
  const state: InvitedState = ctx.model.invited ?? { at: 'reading' }
  return (
    <>
      <Header ctx={ctx}>
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="invited" data-state={state.at}>
        {state.at === 'reading' && (
          <div class="centre">
            <Spinner />
            <Title>{ctx.m.invited.reading}</Title>
          </div>
        )}
        {state.at === 'asked' && <Asked ctx={ctx} state={state} />}
        {state.at === 'none' && <None ctx={ctx} ask={state.ask} />}
        {state.at === 'failed' && <Failed ctx={ctx} code={state.code} />}
      </main>
    </>
  )
}

function Who({ ctx, ask }: { ctx: Ctx; ask: Ask }) {
  const name = ask.display.name[ctx.lang]
  return (
    <div class="who">
      <Avatar name={name} />
      <div>
        <p class="who-name" data-testid="company-name">
          {name}
        </p>
        <p class="muted tabular">{joined([ask.display.desk[ctx.lang], ask.display.number], ctx.lang).replace('・', ' ・ ')}</p>
      </div>
    </div>
  )
}

function Asked({ ctx, state }: { ctx: Ctx; state: Extract<InvitedState, { at: 'asked' }> }) {
  const { m, act, lang } = ctx
  const { ask, sources, chosen, busy, error } = state
  const only = sources.length === 1 ? sources[0] : undefined
  return (
    <>
      <Who ctx={ctx} ask={ask} />
      <Title>{m.invited.title(ask.display.name[lang])}</Title>
      <dl class="facts">
        <div>
          <dt>{m.request.about}</dt>
          <dd data-testid="purpose">{ask.purpose[lang]}</dd>
        </div>
        <div>
          <dt>{m.request.proves}</dt>
          <dd data-testid="proves">
            <ul role="list" class="ticks">
              {ask.words.proves.map((both) => (
                <li key={both.en}>
                  <Check /> <span>{both[lang]}</span>
                </li>
              ))}
            </ul>
          </dd>
        </div>
        <div>
          <dt>{m.request.notSent}</dt>
          <dd class="muted" data-testid="not-sent">
            {joined([...m.invited.never, ...ask.words.not_sent[lang]], lang)}
          </dd>
        </div>
        {only && (
          <div>
            <dt>{m.invited.by}</dt>
            <dd data-testid="source">{m.invited.source(only.name[lang])}</dd>
          </div>
        )}
        <div>
          <dt>{m.invited.until}</dt>
          <dd class="tabular">{dayAndTime(ask.expiresAt, lang)}</dd>
        </div>
      </dl>
      {!only && (
        <fieldset class="panel others" disabled={busy !== null}>
          <legend>{m.invited.pick}</legend>
          {sources.map((source) => (
            <label key={source.tenant} class="choice">
              <input type="radio" name="source" data-testid={`source-${source.tenant}`} checked={chosen === source.tenant} onChange={() => act.chooseSource(source.tenant)} />
              <span>
                {m.invited.source(source.name[lang])}
                <span class="muted">{source.issuerHost}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <p>{m.invited.noAccount(ask.display.name[lang])}</p>
      <section class="panel" aria-labelledby="agree">
        <h2 id="agree" class="section">
          {m.enrol.consent}
        </h2>
        <div class="agree" data-testid="consent-text">
          {sentences(ask.consent[lang]).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
      </section>
      <p class="muted">{m.invited.trust}</p>
      {error && <TroubleBox ctx={ctx} code={error} />}
      <div class="pair">
        <button type="button" class="btn" data-testid="invited-leave" disabled={busy === 'sending'} onClick={() => act.leaveInvitation()}>
          <Label ctx={ctx}>{m.enrol.disagree}</Label>
        </button>
        <button type="button" class="btn btn-primary" data-testid="invited-accept" disabled={busy !== null} onClick={() => act.acceptInvitation()}>
          <Label ctx={ctx}>{busy === 'passkey' ? m.enrol.passkeyBusy : busy === 'sending' ? m.request.sending : m.invited.accept}</Label>
        </button>
      </div>
    </>
  )
}

/** Which part is missing is nobody's business, and on no screen: somebody may look on. */
function None({ ctx, ask }: { ctx: Ctx; ask: Ask }) {
  const { m, act, lang } = ctx
  return (
    <>
      <Who ctx={ctx} ask={ask} />
      <div class="card tint-unreachable">
        <Seal shape="dashed" size={36} />
        <div>
          <Title>{m.invited.none}</Title>
          <p>{ask.purpose[lang]}</p>
        </div>
      </div>
      <p>{m.invited.nothingSent}</p>
      <p>{m.invited.noneText(ask.display.name[lang])}</p>
      <button type="button" class="btn wide" data-testid="invited-leave" onClick={() => act.leaveInvitation()}>
        <Label ctx={ctx}>{m.close}</Label>
      </button>
    </>
  )
}

function Failed({ ctx, code }: { ctx: Ctx; code: string }) {
  const { m, act } = ctx
  const over = code.startsWith('invitation-')
  return (
    <>
      <TroubleBox ctx={ctx} code={code} level={1} />
      <div class={over ? '' : 'pair'}>
        <button type="button" class="btn wide" data-testid="invited-leave" onClick={() => act.leaveInvitation()}>
          <Label ctx={ctx}>{m.close}</Label>
        </button>
        {!over && (
          <button type="button" class="btn btn-primary wide" data-testid="invited-retry" onClick={() => act.retryInvitation()}>
            <Label ctx={ctx}>{m.retry}</Label>
          </button>
        )}
      </div>
    </>
  )
}
