import { Check, DirectionArrow } from '@honnin/kit/icons'
import type { ComponentChildren } from 'preact'
import type { Asking } from '../core/request'
import type { Ctx } from './ctx'
import { joined } from './format'
import { Avatar, Header, LanguageButton } from './parts'

export function RequestHeader({ ctx, children }: { ctx: Ctx; children?: ComponentChildren }) {
  return (
    <Header ctx={ctx}>
      {children ?? <span class="muted">{ctx.m.secure}</span>}
      <LanguageButton ctx={ctx} />
    </Header>
  )
}

/** What is asked: it scrolls above the answers, which stay. */
export function RequestPage({ state, label, children }: { state: Asking; label: string; children: ComponentChildren }) {
  const { call, payment, recipient } = state.request.view.statement
  const about = call ? 'call' : payment ? 'payment' : recipient ? 'order' : 'check'
  return (
    <main
      class="page request"
      tabIndex={0}
      aria-label={label}
      data-testid="request"
      data-about={about}
      data-reviewed={state.reviewed}
      data-readiness={state.readiness}
      data-busy={state.busy ?? ''}
    >
      {children}
    </main>
  )
}

export function CompanyHead({ ctx, state }: { ctx: Ctx; state: Pick<Asking, 'request'> }) {
  const { display } = state.request.view.statement
  const name = display.name[ctx.lang]
  return (
    <div class="who">
      <Avatar name={name} />
      <div>
        <p class="who-name" data-testid="company-name">
          {name}
        </p>
        <p class="muted tabular">{joined([display.desk[ctx.lang], display.number], ctx.lang).replace('・', ' ・ ')}</p>
      </div>
    </div>
  )
}

/** Who called whom: an announced call has not come yet, and says so. */
export function Direction({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m } = ctx
  const { direction, call, kind } = state.request.view.statement
  const words = call ? m.announced : kind === 'eligibility' ? m.invited : m.request[direction]
  return (
    <p class="direction" data-testid="direction">
      {kind === 'eligibility' ? <Check size={20} /> : <DirectionArrow to={direction === 'inbound' ? 'out' : 'in'} />}
      <span>
        <strong>{words.strong}</strong>
        {words.rest}
      </span>
    </p>
  )
}

/** One line of what is asked. */
export function Fact({ name, testid, muted, children }: { name: string; testid?: string; muted?: boolean; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={muted ? 'muted' : ''} data-testid={testid}>
        {children}
      </dd>
    </div>
  )
}

/** Purpose, what is proven, what is not sent, who asks; `children` stand before them. */
export function Facts({ ctx, state, children }: { ctx: Ctx; state: Asking; children?: ComponentChildren }) {
  const { m, lang } = ctx
  const { words, view } = state.request
  return (
    <dl class="facts">
      {children}
      <Fact name={m.request.about} testid="purpose">
        {view.statement.purpose[lang]}
      </Fact>
      <Fact name={m.request.proves} testid="proves">
        <ul role="list" class="ticks">
          {words.proves.map((both) => (
            <li key={both.en}>
              <Check /> <span>{both[lang]}</span>
            </li>
          ))}
        </ul>
      </Fact>
      <Fact name={m.request.notSent} testid="not-sent" muted>
        {joined([...(view.statement.kind === 'eligibility' ? m.invited.never : []), ...words.not_sent[lang]], lang)}
      </Fact>
      {view.statement.operator && (
        <Fact name={m.request.operator} testid="operator">
          {view.statement.operator[lang]}
        </Fact>
      )}
    </dl>
  )
}
