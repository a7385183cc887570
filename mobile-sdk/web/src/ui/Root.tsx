import { useEffect } from 'preact/hooks'
import type { Actions, Model } from '../app/model'
import { dictionaries } from '../i18n/index'
import { announcement } from './announce'
import type { Ctx } from './ctx'
import { Ended } from './Ended'
import { Enrol } from './Enrol'
import { Forged } from './Forged'
import { History } from './History'
import { Home } from './Home'
import { Header, Label, Spinner, Title, TroubleBox } from './parts'
import { later } from './later'
import { Report } from './Report'
import { Request } from './Request'
import { Settings } from './Settings'
import { Unprovable } from './Unprovable'

const Invited = later(async () => (await import('./Invited')).Invited)
const MakeBackup = later(async () => (await import('./Backup')).MakeBackup)
const RestoreBackup = later(async () => (await import('./Backup')).RestoreBackup)

/** The whole screen, drawn from the model alone. */
export function Root({ model, act }: { model: Model; act: Actions }) {
  const m = dictionaries[model.lang]
  const ctx: Ctx = { model, m, lang: model.lang, act }
  const { status, alert } = announcement(model, m)
  useEffect(() => {
    document.documentElement.lang = model.lang
  }, [model.lang])
  return (
    <>
      <div class="screen" key={viewKey(model)}>
        <View ctx={ctx} />
      </div>
      <div class="visually-hidden" role="status" data-testid="live-status">
        {status}
      </div>
      <div class="visually-hidden" role="alert" data-testid="live-alert">
        {alert}
      </div>
    </>
  )
}

/** A new key is a new view: its heading takes the focus and the page starts at its top. */
export function viewKey(model: Model): string {
  const { request } = model
  if (request) return `request-${request.id}-${request.at}${request.at === 'asking' && request.reviewed ? '-review' : ''}`
  if (model.page.name === 'invited') return `invited-${model.invited?.at}`
  return model.page.name
}

function View({ ctx }: { ctx: Ctx }) {
  const { model } = ctx
  if (model.fatal) return <Fatal ctx={ctx} code={model.fatal} />
  if (!model.loaded) return <Loading ctx={ctx} text={ctx.m.loading} />
  const r = model.request
  switch (r?.at) {
    case 'loading':
      return <Loading ctx={ctx} text={ctx.m.request.loading} />
    case 'asking':
      return <Request ctx={ctx} state={r} />
    case 'unprovable':
      return <Unprovable ctx={ctx} state={r} />
    case 'forged':
      return <Forged ctx={ctx} state={r} />
    case 'ended':
      return <Ended ctx={ctx} state={r} />
    case 'rejected':
      return <Rejected ctx={ctx} code={r.code} />
  }
  switch (model.page.name) {
    case 'enrol':
      return model.enrolment ? <Enrol ctx={ctx} state={model.enrolment} /> : <Home ctx={ctx} />
    case 'invited':
      return model.invited ? <Invited ctx={ctx} /> : <Home ctx={ctx} />
    case 'backup':
      return <MakeBackup ctx={ctx} />
    case 'restore':
      return <RestoreBackup ctx={ctx} />
    case 'history':
      return <History ctx={ctx} />
    case 'report':
      return <Report ctx={ctx} entry={model.page.entry} />
    case 'settings':
      return <Settings ctx={ctx} />
    case 'home':
      return <Home ctx={ctx} />
  }
}

function Loading({ ctx, text }: { ctx: Ctx; text: string }) {
  return (
    <>
      <Header ctx={ctx} />
      <main class="page centre" data-testid="loading">
        <Spinner />
        <Title quiet>{text}</Title>
      </main>
    </>
  )
}

function Fatal({ ctx, code }: { ctx: Ctx; code: string }) {
  return (
    <>
      <Header ctx={ctx} />
      <main class="page" data-testid="fatal">
        <TroubleBox ctx={ctx} code={code} level={1} />
      </main>
    </>
  )
}

function Rejected({ ctx, code }: { ctx: Ctx; code: string }) {
  const { m, act } = ctx
  return (
    <>
      <Header ctx={ctx} />
      <main class="page" data-testid="rejected">
        <TroubleBox ctx={ctx} code={code} level={1} />
        <div class="pair">
          <button type="button" class="btn" data-testid="close" onClick={() => act.closeRequest()}>
            <Label ctx={ctx}>{m.close}</Label>
          </button>
          <button type="button" class="btn btn-primary" data-testid="retry-request" onClick={() => act.retryRequest()}>
            <Label ctx={ctx}>{m.retry}</Label>
          </button>
        </div>
      </main>
    </>
  )
}
