import type { Model } from '../app/model'
import { troubleFor, type Messages } from '../i18n/index'
import { hasReview } from '../core/request'
import { endingOf } from './Ended'

/** What a screen reader is told of the present state: at most one of the two. Changes only when the state does. */
export interface Announcement {
  status: string
  alert: string
}

const ALERTS = new Set(['refused', 'declined', 'reported', 'wrongNumber', 'invalid'])

export function announcement(model: Model, m: Messages): Announcement {
  const say = (status: string): Announcement => ({ status, alert: '' })
  const warn = (alert: string): Announcement => ({ status: '', alert })
  const trouble = (code: string) => {
    const t = m.troubles[troubleFor(code)]
    return warn(`${t.title} ${t.text}`)
  }
  if (model.fatal) return trouble(model.fatal)
  const r = model.request
  if (r) {
    if (r.at === 'loading') return say(m.request.loading)
    if (r.at === 'rejected') return trouble(r.code)
    if (r.at === 'forged') return r.error ? trouble(r.error) : warn(m.forged.title)
    if (r.at === 'unprovable') return r.error ? trouble(r.error) : say(m.unprovable.title)
    if (r.at === 'ended') {
      const kind = endingOf(r)
      const text = `${m.ended[kind].title} ${m.ended[kind].text}`
      return ALERTS.has(kind) ? warn(text) : say(text)
    }
    if (r.error === 'wrong-number' && r.attemptsLeft !== null) return warn(m.request.attemptsLeft(r.attemptsLeft))
    if (r.error) return trouble(r.error)
    if (r.busy) return say({ passkey: m.request.approving, sending: m.request.sending, refusing: m.request.refusing, moving: m.announced.moving }[r.busy])
    if (hasReview(r.request) && !r.reviewed) return say('')
    if (r.readiness === 'preparing') return say(m.request.preparing)
    return say(r.readiness === 'finished' ? m.request.ready : '')
  }
  const e = model.enrolment
  if (model.page.name === 'enrol' && e) {
    if (e.at === 'failed') return trouble(e.code)
    if (e.at === 'passkey') return e.error ? trouble(e.error) : say(m.enrol.consentTitle)
    if (e.at === 'working') return say(m.enrol.steps[e.step])
    if (e.at === 'enrolled') return say(m.enrol.doneTitle)
    if (e.at === 'reading') return say(m.enrol.reading)
  }
  const { make, restore } = model.backup
  if (model.page.name === 'backup') {
    if (make.at === 'passkey') return say(m.enrol.passkeyBusy)
    return make.at !== 'ready' && make.error ? trouble(make.error) : say('')
  }
  if (model.page.name === 'restore') {
    if (restore.at === 'opened') return say(m.backup.openedTitle)
    if (restore.error) return trouble(restore.error)
    return say(restore.at === 'chosen' && restore.busy ? m.enrol.passkeyBusy : '')
  }
  const i = model.invited
  if (model.page.name === 'invited' && i) {
    if (i.at === 'reading') return say(m.invited.reading)
    if (i.at === 'failed') return trouble(i.code)
    if (i.at === 'asked' && i.error) return trouble(i.error)
    if (i.at === 'none') return say(m.invited.none)
    if (i.busy) return say(i.busy === 'passkey' ? m.enrol.passkeyBusy : m.request.sending)
  }
  return say('')
}
