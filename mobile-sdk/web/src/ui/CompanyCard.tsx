import { formatTime } from '@honnin/kit/i18n'
import { Seal, type SealShape } from '@honnin/kit/icons'
import type { CompanyView } from '../app/model'
import { homeStatus, type HomeStatus } from '../core/calls'
import { linkStatus } from '../core/freshness'
import type { DeviceCall } from '../core/wire'
import type { Ctx } from './ctx'
import { joined, windowText } from './format'
import { Label } from './parts'

const LOOK: Record<HomeStatus['at'], { shape: SealShape; tint: string }> = {
  connecting: { shape: 'open', tint: '' },
  unknown: { shape: 'dashed', tint: 'tint-unreachable' },
  refused: { shape: 'struck', tint: 'tint-unreachable' },
  talking: { shape: 'closed', tint: 'tint-verified' },
  ringing: { shape: 'closed', tint: 'tint-verified' },
  expected: { shape: 'clock', tint: 'tint-waiting' },
  none: { shape: 'octagon', tint: 'tint-refused' },
}

/** One company's line: whether it is calling now, by its own server's word of the last ten seconds. */
export function CompanyCard({ ctx, company }: { ctx: Ctx; company: CompanyView }) {
  const { model } = ctx
  const link = linkStatus(company.link, company.since, model.now)
  const status = homeStatus(company.link, company.calls, company.since, model.now, model.now + company.offset)
  const look = LOOK[status.at]
  return (
    <div class={`card ${look.tint}`} data-testid="company" data-tenant={company.tenant} data-status={link} data-call={status.at} data-prepared={company.prepared}>
      <Seal shape={look.shape} size={36} />
      <div>
        <Words ctx={ctx} company={company} status={status} />
      </div>
    </div>
  )
}

function Words({ ctx, company, status }: { ctx: Ctx; company: CompanyView; status: HomeStatus }) {
  const { m, lang } = ctx
  const name = company.name[lang]
  const when = (call: DeviceCall) => windowText(call.from, call.until, ctx.model.now + company.offset, lang, company.timeZone)
  switch (status.at) {
    case 'connecting':
      return <h2>{m.home.connecting(name)}</h2>
    case 'refused':
      return (
        <>
          <h2>{m.home.refused(name)}</h2>
          <p>{m.home.refusedHint}</p>
        </>
      )
    case 'unknown':
      return (
        <>
          <h2>{m.home.unknown(name)}</h2>
          <p>{m.home.unknownHint(name)}</p>
          {status.heardAt !== null && <p class="muted tabular">{m.home.lastHeard(formatTime(status.heardAt, lang))}</p>}
        </>
      )
    case 'none':
      return (
        <>
          <h2>{m.home.none(name)}</h2>
          <p>{m.home.hangUp}</p>
          <AsOf ctx={ctx} at={status.asOf} />
        </>
      )
    case 'ringing':
    case 'talking':
      return (
        <>
          <h2>{m.home[status.at](name)}</h2>
          <CallLines ctx={ctx} call={status.call} />
          <AsOf ctx={ctx} at={status.asOf} />
          <Later ctx={ctx} company={company} calls={status.later} when={when} />
        </>
      )
    case 'expected':
      return (
        <>
          <h2>{m.home.expected(name)}</h2>
          <p class="strong tabular" data-testid="expected-at">
            {when(status.call)}
          </p>
          <CallLines ctx={ctx} call={status.call} />
          <p>{status.due ? m.home.due : m.home.notNow}</p>
          <AsOf ctx={ctx} at={status.asOf} />
          <Answer ctx={ctx} company={company} call={status.call} />
          <Later ctx={ctx} company={company} calls={status.later} when={when} />
        </>
      )
  }
}

function AsOf({ ctx, at }: { ctx: Ctx; at: number }) {
  return (
    <p class="muted tabular" data-testid="as-of">
      {ctx.m.home.asOf(formatTime(at, ctx.lang))}
    </p>
  )
}

/** Who, from which number, about what; and the pair that only this company's desk can say. */
function CallLines({ ctx, call }: { ctx: Ctx; call: DeviceCall }) {
  const { m, lang } = ctx
  const who = call.operator === null ? [] : [`${m.request.operator} ${call.operator[lang]}`]
  return (
    <>
      <p class="tabular">{[...who, call.number].join(lang === 'ja' ? ' ・ ' : ' · ')}</p>
      <p>{call.purpose[lang]}</p>
      {call.words && (
        <p class="pair-words" data-testid="pair-words">
          {m.home.pair(joined(call.words[lang], lang === 'ja' ? 'ja' : 'en'))}
        </p>
      )}
    </>
  )
}

function Answer({ ctx, company, call }: { ctx: Ctx; company: CompanyView; call: DeviceCall }) {
  if (call.state !== 'announced') return null
  return (
    <>
      <p>{ctx.m.home.answerFirst}</p>
      <button type="button" class="btn" data-testid="open-call" onClick={() => ctx.act.openCall(company.tenant, call.verification)}>
        <Label ctx={ctx}>{ctx.m.home.openNotice}</Label>
      </button>
    </>
  )
}

function Later({ ctx, company, calls, when }: { ctx: Ctx; company: CompanyView; calls: DeviceCall[]; when: (call: DeviceCall) => string }) {
  return (
    <>
      {calls.map((call) => (
        <div key={call.call} class="later" data-testid="later-call">
          <p>{ctx.m.home.later(when(call))}</p>
          <Answer ctx={ctx} company={company} call={call} />
        </div>
      ))}
    </>
  )
}
