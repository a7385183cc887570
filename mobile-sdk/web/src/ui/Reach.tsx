import { useState } from 'preact/hooks'
import type { Ctx } from './ctx'
import { Label, TroubleBox } from './parts'

/** Whether this phone can be woken, and the field for a code that was spoken. Calm: the app works without either. */
export function Reach({ ctx }: { ctx: Ctx }) {
  const { model, m, lang, act } = ctx
  const [typed, type] = useState('')
  const [tenant, choose] = useState(model.companies[0]?.tenant ?? '')
  const { push, code } = model.reach
  const line = push === 'unknown' || push === 'on' ? null : m.reach.push[push]
  return (
    <>
      {line && (
        <section class="reach" data-testid="push" data-push={push} aria-label={m.reach.pushTitle}>
          <p class="muted">{line}</p>
          {(push === 'ask' || push === 'failed') && (
            <button type="button" class="btn" data-testid="push-on" onClick={() => act.turnPushOn()}>
              <Label ctx={ctx}>{push === 'ask' ? m.reach.turnOn : m.retry}</Label>
            </button>
          )}
        </section>
      )}
      <details class="reach" data-testid="code-entry" open={code.at === 'failed'}>
        <summary>{m.reach.codeTitle}</summary>
        <form
          class="offer-entry"
          onSubmit={(event) => {
            event.preventDefault()
            act.enterCode(tenant, typed)
            type('')
          }}
        >
          {model.companies.length > 1 && (
            <label for="code-company">{m.reach.codeCompany}</label>
          )}
          {model.companies.length > 1 && (
            <select id="code-company" value={tenant} onChange={(event) => choose(event.currentTarget.value)}>
              {model.companies.map((company) => (
                <option key={company.tenant} value={company.tenant}>
                  {company.name[lang]}
                </option>
              ))}
            </select>
          )}
          <label for="code">{m.reach.codeLabel}</label>
          <input
            id="code" data-testid="code" inputMode="numeric" autocomplete="one-time-code" maxLength={16} value={typed}
            onInput={(event) => type(event.currentTarget.value)}
          />
          <button type="submit" class="btn wide" data-testid="code-open" disabled={code.at === 'looking'}>
            <Label ctx={ctx}>{m.reach.codeOpen}</Label>
          </button>
        </form>
        {code.at === 'failed' && <TroubleBox ctx={ctx} code={code.code} />}
      </details>
    </>
  )
}
