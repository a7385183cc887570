import { bearer, callJson, post, type Fetch } from './http'
import type { Accepted, Invitation } from './invitation'
import type { PushTarget } from './push'
import type {
  Approval, Consent, Decided, EnrolmentComplete, EnrolmentStart, HistoryEntry, OpenRequests, Passed, ProspectAccept, RequestView, TenantInfo,
} from './wire'

/** Gives a device token; asked again with `renew` after a 401. */
export type Token = (renew: boolean) => Promise<string>

/** The calls that need no device. `base` is the server's origin. */
export function publicApi(fetch: Fetch, base: string) {
  return {
    tenant: (tenant: string) => callJson<TenantInfo>(fetch, `${base}/v1/tenants/${encodeURIComponent(tenant)}`),
    enrol: (tenant: string, handle: string) => callJson<EnrolmentStart>(fetch, `${base}/v1/enrolments`, post({ tenant, handle })),
    complete: (id: string, body: EnrolmentComplete) =>
      callJson<{ device: string; others?: number }>(fetch, `${base}/v1/enrolments/${encodeURIComponent(id)}/complete`, post(body)),
    invitation: (token: string) => callJson<Invitation>(fetch, `${base}/v1/prospects/read`, post({ token })),
    accept: (body: ProspectAccept) => callJson<Accepted>(fetch, `${base}/v1/prospects/accept`, post(body)),
    challenge: (device: string) => callJson<{ challenge: string }>(fetch, `${base}/v1/device/challenge`, post({ device })),
    session: (device: string, challenge: string, signature: string) =>
      callJson<{ token: string; expires_in: number }>(fetch, `${base}/v1/device/session`, post({ device, challenge, signature })),
  }
}

/** The calls of one enrolled device. */
export function deviceApi(fetch: Fetch, base: string, token: Token) {
  async function authorised<T>(path: string, init: RequestInit = {}): Promise<T> {
    const call = async (renew: boolean) =>
      callJson<T>(fetch, base + path, { ...init, headers: { ...(init.headers as object), ...bearer(await token(renew)) } })
    try {
      return await call(false)
    } catch (error) {
      if ((error as { status?: number }).status === 401) return call(true)
      throw error
    }
  }
  const request = (id: string, action = '') => `/v1/device/requests/${encodeURIComponent(id)}${action}`
  return {
    requests: () => authorised<OpenRequests>('/v1/device/requests'),
    request: (id: string) => authorised<RequestView>(request(id)),
    opened: (id: string) => authorised<void>(request(id, '/opened'), post({})),
    approve: (id: string, body: Approval) => authorised<Passed>(request(id, '/approve'), post(body)),
    refuse: (id: string, report: boolean) => authorised<Decided>(request(id, '/refuse'), post({ report })),
    unprovable: (id: string) => authorised<Decided>(request(id, '/unprovable'), post({})),
    /** As it came: `readCalls` looks at it. */
    calls: () => authorised<unknown>('/v1/device/calls'),
    /** Asks for another of the offered windows; the answer names the notice that takes the old one's place. */
    reschedule: (call: string, window: number) =>
      authorised<{ verification: string }>(`/v1/device/calls/${encodeURIComponent(call)}/reschedule`, post({ window })),
    consents: () => authorised<{ consents: Consent[] }>('/v1/device/consents'),
    withdraw: (id: string) => authorised<void>(`/v1/device/consents/${encodeURIComponent(id)}/withdraw`, post({})),
    /** The receipt as it is: the customer keeps it, this app reads nothing out of it. */
    receipt: (verification: string) => authorised<unknown>(`/v1/device/receipts/${encodeURIComponent(verification)}`),
    pushKey: () => authorised<{ public_key: string }>('/v1/device/push'),
    setPush: (target: PushTarget) => authorised<void>('/v1/device/push', { ...post(target), method: 'PUT' }),
    removePush: () => authorised<void>('/v1/device/push', { method: 'DELETE' }),
    byLink: (token: string) => authorised<{ verification: string }>('/v1/device/links', post({ token })),
    byCode: (code: string) => authorised<{ verification: string }>('/v1/device/links', post({ code })),
    /** As it came: `readPhones` looks at it. */
    devices: () => authorised<unknown>('/v1/device/devices'),
    removeDevice: (id: string) => authorised<void>(`/v1/device/devices/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    history: () => authorised<{ entries: HistoryEntry[] }>('/v1/device/history'),
  }
}

export type PublicApi = ReturnType<typeof publicApi>
export type DeviceApi = ReturnType<typeof deviceApi>
