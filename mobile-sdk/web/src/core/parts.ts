import { amountFits } from '@honnin/kit/money'
import { bothFit, fitsScreen } from './screen'
import { SEALABLE, type CallPart, type PaymentPart, type RecipientPart, type Sealable, type Window } from './wire'

/** Most windows offered beside the announced one. */
const MOST_OFFERED = 3

/** Whether an object has exactly these members: what is signed is what was seen, so nothing may stand beside it. */
const exactly = (it: unknown, ...members: string[]): boolean =>
  typeof it === 'object' && it !== null && !Array.isArray(it) && Object.keys(it).sort().join() === members.sort().join()

const windowFits = (w: Window): boolean => Number.isSafeInteger(w.from) && Number.isSafeInteger(w.until) && w.from > 0 && w.from < w.until && w.until < 8.64e15

/** A number as a phone's display shows a caller's. */
export const numberFits = (number: unknown): number is string =>
  typeof number === 'string' && number.length <= 32 && /^[0-9 +\-()#*]+$/.test(number) && (number.match(/[0-9]/g) ?? []).length >= 3

/** Whether an announced call can be shown whole. */
export function callFits(call: CallPart): boolean {
  if (!exactly(call, 'id', 'number', 'from', 'until', 'offered') || !/^c_[A-Za-z0-9_-]{1,64}$/.test(call.id)) return false
  if (!numberFits(call.number) || !windowFits(call) || !Array.isArray(call.offered) || call.offered.length > MOST_OFFERED) return false
  return call.offered.every((w) => exactly(w, 'from', 'until') && windowFits(w))
}

/** Whether a payment's terms can be shown whole: the amount exact, every text fit for a screen. */
export function paymentFits(payment: PaymentPart): boolean {
  if (!exactly(payment, 'amount', 'currency', 'payee', 'order', 'instrument') || !amountFits(payment.amount, payment.currency)) return false
  return [payment.payee, payment.order, payment.instrument].every((text) => fitsScreen(text))
}

/** Each once, in the credential's order, at least one. */
export function slotsFit(slots: unknown): slots is Sealable[] {
  if (!Array.isArray(slots) || slots.length === 0) return false
  const at = slots.map((slot) => SEALABLE.indexOf(slot))
  return at.every((n, i) => n >= 0 && (i === 0 || n > (at[i - 1] as number)))
}

/** Whether it can be shown to whom what goes, and for which order where one is named. */
export function recipientFits(recipient: RecipientPart): boolean {
  const members = recipient.order === undefined ? ['id', 'name', 'key', 'slots'] : ['id', 'name', 'key', 'slots', 'order']
  if (!exactly(recipient, ...members) || (recipient.order !== undefined && !fitsScreen(recipient.order)) || typeof recipient.id !== 'string' || !exactly(recipient.name, 'ja', 'en')) return false
  return bothFit(recipient.name) && /^[A-Za-z0-9_-]{43}$/.test(recipient.key) && slotsFit(recipient.slots)
}
