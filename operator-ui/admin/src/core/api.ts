import { SessionApi, Transport, type Timed } from "@honnin/kit";
import { ApiError, failureOf } from "./errors.ts";
import type { Role } from "./rights.ts";
import type {
  Alerts, AuditPage, Dashboard, Delegation, DryRun, CompanyLogin, FrozenCustomer, Impact, Incident, Issuer, Keys, Machine, Me, NewIssuer, NewMachine, NewPerson, NewProvider, NewRecipient, Org, Person, Policy,
  PolicyBody, Purpose, Reason, Recipient, Review, Settings, Target, Team,
} from "./types.ts";

export interface ApiOptions {
  fetch: typeof fetch;
  now: () => number;
}

/** What the audit log is searched for. Times are milliseconds since the epoch. */
export interface AuditFilter {
  from?: number | undefined;
  to?: number | undefined;
  kind?: string | undefined;
  person?: string | undefined;
  verification?: string | undefined;
  suspicious?: boolean | undefined;
}

const seg = encodeURIComponent;

/** A query of the parts that are set, with its `?`; empty when none is. */
export function query(parts: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const set = Object.entries(parts).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return set.length === 0 ? "" : `?${set.map(([key, value]) => `${key}=${seg(String(value))}`).join("&")}`;
}

/** The calls that belong to no organisation. Every failure is an {@link ApiError}. */
export class Api {
  readonly transport: Transport;
  readonly session: SessionApi;
  constructor(options: ApiOptions) {
    this.transport = new Transport({ ...options, timeout: 20_000, fail: (status, problem) => new ApiError(failureOf(status, problem), status) });
    this.session = new SessionApi(this.transport);
  }

  me = (): Promise<Timed<Me>> => this.transport.timed("/v1/operator/me");
  org = (id: string): OrgApi => orgApi(this.transport, id);
}

/** The calls of docs/admin-api.md for one organisation. */
export function orgApi(t: Transport, id: string) {
  const base = `/v1/orgs/${seg(id)}`;
  const get = <T>(path: string): Promise<T> => t.json<T>("GET", `${base}${path}`);
  const post = <T>(path: string, body: unknown): Promise<T> => t.json<T>("POST", `${base}${path}`, body);
  const act = (path: string): Promise<void> => t.none("POST", `${base}${path}`);
  const put = (path: string, body: unknown): Promise<void> => t.none("PUT", `${base}${path}`, body);
  const del = (path: string): Promise<void> => t.none("DELETE", `${base}${path}`);
  return {
    org: () => get<Org>(""),
    saveSettings: (settings: Settings, revision: number) => put("/settings", { revision, settings }),

    people: async () => (await get<{ people: Person[] }>("/people")).people,
    invite: (person: NewPerson) => post<{ id: string; invitation: string }>("/people", person),
    setRoles: (person: string, roles: readonly Role[]) => put(`/people/${seg(person)}/roles`, { roles }),
    inviteAgain: (person: string) => t.json<{ invitation: string }>("POST", `${base}/people/${seg(person)}/invitation`),
    removePerson: (person: string) => del(`/people/${seg(person)}`),
    teams: async () => (await get<{ teams: Team[] }>("/teams")).teams,
    addTeam: (name: string) => t.none("POST", `${base}/teams`, { name }),
    removeTeam: (team: string) => del(`/teams/${seg(team)}`),
    review: () => get<Review>("/review"),
    removeReviewed: (items: readonly { person: string; role?: Role }[]) => t.none("POST", `${base}/review/remove`, { items }),
    identityProvider: () => get<CompanyLogin>("/identity-provider"),
    saveIdentityProvider: (provider: NewProvider) => put("/identity-provider", provider),
    removeIdentityProvider: () => del("/identity-provider"),

    machines: async () => (await get<{ machines: Machine[] }>("/machines")).machines,
    addMachine: (machine: NewMachine) => post<{ id: string; secret?: string }>("/machines", machine),
    removeMachine: (machine: string) => del(`/machines/${seg(machine)}`),

    delegations: async () => (await get<{ delegations: Delegation[] }>("/delegations")).delegations,
    delegate: (delegation: { partner: string; purposes: string[]; not_before: number; not_after: number }) => post<{ id: string }>("/delegations", delegation),
    endDelegation: (delegation: string) => del(`/delegations/${seg(delegation)}`),

    policies: async () => (await get<{ policies: Policy[] }>("/policies")).policies,
    draft: (document: PolicyBody) => post<{ id: string; version: number }>("/policies", { document }),
    dryRun: (document: PolicyBody) => post<DryRun>("/policies/dry-run", { document }),
    publish: (policy: string, version: number) => act(`/policies/${seg(policy)}/${version}/publish`),
    dropPolicy: (policy: string, version: number) => del(`/policies/${seg(policy)}/${version}`),
    purposes: async () => (await get<{ purposes: Purpose[] }>("/purposes")).purposes,
    savePurpose: ({ code, ja, en, policy, kind }: Purpose) => put(`/purposes/${seg(code)}`, { ja, en, policy, ...(kind === undefined || kind === null ? {} : { kind }) }),
    removePurpose: (code: string) => del(`/purposes/${seg(code)}`),

    recipients: async () => (await get<{ recipients: Recipient[] }>("/recipients")).recipients,
    addRecipient: (recipient: NewRecipient) => post<{ id: string; secret: string }>("/recipients", recipient),
    removeRecipient: (recipient: string) => del(`/recipients/${seg(recipient)}`),

    issuers: async () => (await get<{ issuers: Issuer[] }>("/issuers")).issuers,
    addIssuer: (issuer: NewIssuer) => t.none("POST", `${base}/issuers`, issuer),
    suspend: (issuer: string) => act(`/issuers/${seg(issuer)}/suspend`),
    resume: (issuer: string) => act(`/issuers/${seg(issuer)}/resume`),
    revoke: (issuer: string, certificate: string) => act(`/issuers/${seg(issuer)}/certificates/${seg(certificate)}/revoke`),
    keys: () => get<Keys>("/keys"),
    rotate: () => act("/keys/rotate"),
    rotateAnnouncement: () => act("/keys/announcement/rotate"),

    exportCustomer: (handle: string) => post<unknown>("/customers/export", { handle }),
    eraseCustomer: (handle: string) => post<{ devices: number; verifications: number }>("/customers/erase", { handle }),
    found: (handle: string) => post<{ phones: number }>("/customers/found", { handle }),
    frozen: async () => (await get<{ frozen: FrozenCustomer[] }>("/customers/frozen")).frozen,
    release: (id: string) => act(`/customers/frozen/${seg(id)}/release`),

    audit: (filter: AuditFilter, cursor: string | null) => get<AuditPage>(`/audit${query({ ...filter, cursor: cursor ?? undefined, limit: 50 })}`),
    /** Addresses for links that download. */
    auditExport: (filter: AuditFilter, format: "csv" | "jsonl") => `${base}/audit/export${query({ format, ...filter })}`,
    auditBundle: `${base}/audit/bundle`,
    checkpoint: () => t.text(`${base}/audit/checkpoint`),
    receipt: (verification: string) => `/v1/verifications/${seg(verification)}/receipt`,

    alerts: () => get<Alerts>("/alerts"),
    acknowledge: (alert: string) => act(`/alerts/${seg(alert)}/acknowledge`),
    setWebhook: (url: string | null) => t.json<{ secret?: string }>("PUT", `${base}/alerts/webhook`, { url }),

    impact: (target: Target) => post<Impact>("/incidents/preview", { target }),
    begin: (target: Target, reason: Reason, note: string, confirm: string) => post<{ id: string }>("/incidents", { target, reason, note, confirm }),
    incidents: async () => (await get<{ incidents: Incident[] }>("/incidents")).incidents,
    incidentReport: (incident: string) => `${base}/incidents/${seg(incident)}/report`,
    endIncident: (incident: string) => act(`/incidents/${seg(incident)}/end`),

    dashboard: (days: number) => get<Dashboard>(`/dashboard?days=${days}`),
  };
}

export type OrgApi = ReturnType<typeof orgApi>;
