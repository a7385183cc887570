import type { RequestState } from '../core/request'
import type { PastRequest } from '../store/records'

/** What the history keeps of a request that ended; null for one that was never shown. */
export function remember(tenant: string, state: RequestState): PastRequest | null {
  if (state.at !== 'ended' || state.request === null) return null
  const { statement } = state.request.view
  return {
    verification: state.id,
    tenant,
    company: statement.display.name,
    purpose: { ja: statement.purpose.ja, en: statement.purpose.en },
    number: statement.display.number,
    outcome: state.outcome,
    reference: state.reference,
    decidedAt: state.decidedAt,
    reported: state.reported,
    ...(statement.payment && { payment: statement.payment }),
  }
}
