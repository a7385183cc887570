import { Check, Seal } from '@honnin/kit/icons'
import type { Restored } from '../app/backupState'
import { troubleFor } from '../i18n/index'
import type { Ctx } from './ctx'
import { BackButton, Header, Label, LanguageButton, Title, TroubleBox } from './parts'

/** Makes the file: one tap for the passkey, one to save. */
export function MakeBackup({ ctx }: { ctx: Ctx }) {
  const { m, act, model } = ctx
  const { make } = model.backup
  const b = m.backup
  return (
    <>
      <Header ctx={ctx}>
        <BackButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="backup" data-state={make.at}>
        {make.at === 'ready' ? (
          <>
            <Title key="ready">{b.readyTitle}</Title>
            <p class="lead">{b.readyText}</p>
            <p class="panel tabular" data-testid="backup-name">
              {make.name}
            </p>
            <button type="button" class="btn btn-primary wide" data-testid="backup-save" onClick={() => act.handBackup()}>
              <Label ctx={ctx}>{b.save}</Label>
            </button>
            <p role="status">{make.handed && b.saved}</p>
          </>
        ) : (
          <>
            <Title key="make">{b.title}</Title>
            <p class="lead">{b.lead}</p>
            <section class="panel">
              <ul role="list" class="ticks">
                {b.points.map((point) => (
                  <li key={point}>
                    <Check /> <span>{point}</span>
                  </li>
                ))}
              </ul>
            </section>
            <p class="muted">{b.note}</p>
            {make.at === 'again' && <p role="status">{b.again}</p>}
            {make.at !== 'passkey' && make.error && <TroubleBox ctx={ctx} code={make.error} />}
            <button type="button" class="btn btn-primary wide" data-testid="backup-make" disabled={make.at === 'passkey'} onClick={() => act.makeBackup()}>
              <Label ctx={ctx}>{make.at === 'passkey' ? m.enrol.passkeyBusy : make.at === 'again' ? b.sealButton : b.makeButton}</Label>
            </button>
            {make.at === 'idle' && make.error === 'passkey-cancelled' && (
              <button type="button" class="link action" data-testid="backup-anew" onClick={() => act.newBackupPasskey()}>
                <Label ctx={ctx}>{b.anew}</Label>
              </button>
            )}
          </>
        )}
      </main>
    </>
  )
}

/** Opens the file on another phone; each company is then enrolled as ever. */
export function RestoreBackup({ ctx }: { ctx: Ctx }) {
  const { m, act, model } = ctx
  const { restore } = model.backup
  const b = m.backup
  const busy = restore.at === 'chosen' && restore.busy
  return (
    <>
      <Header ctx={ctx}>
        <BackButton ctx={ctx} />
        <LanguageButton ctx={ctx} />
      </Header>
      <main class="page" data-testid="restore" data-state={restore.at}>
        {restore.at === 'opened' ? (
          <Opened ctx={ctx} companies={restore.companies} />
        ) : (
          <>
            <Title>{b.restoreTitle}</Title>
            <p class="lead">{b.restoreLead}</p>
            <ol class="notes">
              {b.restoreSteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            {restore.error && <TroubleBox ctx={ctx} code={restore.error} />}
            {restore.at === 'chosen' && (
              <p class="panel tabular" data-testid="restore-name">
                {restore.name}
              </p>
            )}
            <label class={`btn wide file${restore.at === 'choose' ? ' btn-primary' : ''}`}>
              <input
                type="file" class="visually-hidden" data-testid="restore-file" accept="application/json,.json" disabled={busy}
                onChange={(event) => {
                  const [file] = event.currentTarget.files ?? []
                  if (file) act.chooseBackup(file.name, () => file.text())
                }}
              />
              <Label ctx={ctx}>{restore.at === 'choose' ? b.choose : b.chooseOther}</Label>
            </label>
            {restore.at === 'chosen' && (
              <button type="button" class="btn btn-primary wide" data-testid="restore-open" disabled={busy} onClick={() => act.restoreBackup()}>
                <Label ctx={ctx}>{busy ? m.enrol.passkeyBusy : b.open}</Label>
              </button>
            )}
          </>
        )}
      </main>
    </>
  )
}

function Opened({ ctx, companies }: { ctx: Ctx; companies: Restored[] }) {
  const { m, act, model } = ctx
  const waiting = (c: Restored) => c.outcome === 'waiting' && model.unfinished.some((u) => u.tenant === c.tenant)
  return (
    <>
      <Title key="opened">{m.backup.openedTitle}</Title>
      <p class="lead">{companies.length === 0 ? m.backup.openedNone : m.backup.openedText}</p>
      <ul role="list" class="cards">
        {companies.map((c) => (
          <li key={c.tenant} class={`card ${waiting(c) ? 'tint-waiting' : c.outcome === 'failed' ? 'tint-unreachable' : 'tint-verified'}`} data-testid="restored" data-tenant={c.tenant} data-outcome={c.outcome}>
            <Seal shape={waiting(c) ? 'open' : c.outcome === 'failed' ? 'dashed' : 'closed'} size={36} />
            <div>
              <h2>{c.name?.[ctx.lang] ?? c.tenant}</h2>
              <Outcome ctx={ctx} company={c} waiting={waiting(c)} />
              {waiting(c) && (
                <button type="button" class="btn" data-testid="resume" onClick={() => act.resumeEnrolment(c.tenant)}>
                  <Label ctx={ctx}>{m.home.resume}</Label>
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
      <button type="button" class="btn wide" data-testid="restore-done" onClick={() => act.go({ name: 'home' })}>
        <Label ctx={ctx}>{m.enrol.done}</Label>
      </button>
    </>
  )
}

function Outcome({ ctx, company, waiting }: { ctx: Ctx; company: Restored; waiting: boolean }) {
  const { m } = ctx
  if (company.outcome !== 'failed') return <p>{waiting ? m.backup.waiting : m.backup.here}</p>
  const { title, text } = m.troubles[troubleFor(company.code ?? 'unknown')]
  return (
    <>
      <p class="strong">{title}</p>
      <p>{text}</p>
    </>
  )
}
