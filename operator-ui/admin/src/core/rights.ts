export const ROLES = ["owner", "admin", "security", "supervisor", "operator", "auditor", "integration"] as const;
export type Role = (typeof ROLES)[number];
export const RESOURCES = ["settings", "people", "provider", "delegations", "policies", "issuers", "machines", "keys", "verifications", "audit", "alerts", "incidents", "customers", "dashboard"] as const;
export type Resource = (typeof RESOURCES)[number];
export const VERBS = ["view", "change", "delete"] as const;
export type Verb = (typeof VERBS)[number];
export type Rights = Readonly<Partial<Record<Resource, readonly Verb[]>>>;
export const SCOPES = ["verifications:start", "verifications:read", "audit:read", "people:read", "fallbacks"] as const;
export type Scope = (typeof SCOPES)[number];

/** docs/admin-api.md, "Parties": v view, c change, d delete, one column a role in the order of {@link ROLES}. */
const TABLE: Record<Resource, readonly [string, string, string, string, string, string, string]> = {
  settings: ["vc", "vc", "v", "v", "", "v", ""],
  people: ["vcd", "vcd", "vd", "v", "", "v", ""],
  provider: ["vcd", "v", "vcd", "", "", "v", ""],
  delegations: ["vcd", "vc", "vd", "v", "", "v", ""],
  policies: ["v", "v", "vcd", "v", "", "v", "v"],
  issuers: ["vcd", "v", "vcd", "", "", "v", ""],
  machines: ["vcd", "vcd", "vd", "", "", "v", "v"],
  keys: ["v", "v", "vc", "", "", "v", ""],
  verifications: ["", "", "", "v", "vc", "", "vc"],
  audit: ["v", "", "v", "", "", "v", ""],
  alerts: ["v", "v", "vc", "v", "", "v", ""],
  incidents: ["vc", "v", "vc", "v", "", "v", ""],
  customers: ["", "v", "vcd", "", "", "", ""],
  dashboard: ["v", "v", "v", "v", "", "v", ""],
};

const LETTER: Record<Verb, string> = { view: "v", change: "c", delete: "d" };

/** Whether a role holds a right, by the published table. Only for explaining: the server decides. */
export const roleMay = (role: Role, resource: Resource, verb: Verb): boolean => TABLE[resource][ROLES.indexOf(role)]?.includes(LETTER[verb]) ?? false;

/** Whether the person may do it, by what the server said. */
export const may = (rights: Rights, resource: Resource, verb: Verb): boolean => rights[resource]?.includes(verb) ?? false;

/**
 * Nobody gives a role that holds a right they lack; an owner gives any. Calls are the exception: who runs people may
 * make operators without being one. The same rule as the server's, for explaining only.
 */
export const mayGive = (roles: readonly Role[], rights: Rights, role: Role): boolean =>
  roles.includes("owner") || RESOURCES.every((resource) => resource === "verifications" || VERBS.every((verb) => !roleMay(role, resource, verb) || may(rights, resource, verb)));

export const PAGES = ["dashboard", "policies", "recipients", "people", "review", "machines", "delegations", "issuers", "audit", "alerts", "customers", "incidents", "settings"] as const;
export type Page = (typeof PAGES)[number];

const NEEDS: Record<Page, readonly Resource[]> = {
  dashboard: ["dashboard"],
  policies: ["policies"],
  recipients: ["policies"],
  people: ["people"],
  review: ["people"],
  machines: ["machines"],
  delegations: ["delegations"],
  issuers: ["issuers", "keys"],
  audit: ["audit"],
  alerts: ["alerts"],
  customers: ["customers"],
  incidents: ["incidents"],
  settings: ["settings"],
};

/** What only a company with customers of its own has. */
const TENANT_ONLY: ReadonlySet<Page> = new Set(["policies", "recipients", "issuers", "customers"]);

/** Who makes phones active again that were reported lost: the tenant's supervisors and its security, by role. */
export const mayFind = (roles: readonly Role[]): boolean => roles.includes("supervisor") || roles.includes("security");

/** The pages that this person sees, in the order of the navigation. */
export const pagesFor = (rights: Rights, kind: "tenant" | "partner", roles: readonly Role[] = []): Page[] =>
  PAGES.filter((page) => (kind === "tenant" || !TENANT_ONLY.has(page)) && (NEEDS[page].some((resource) => may(rights, resource, "view")) || (page === "customers" && mayFind(roles))));

/** The page that an address asks for; null when it names none. Addresses hold a page's name and nothing else. */
export const pageOf = (hash: string): Page | null => PAGES.find((page) => hash === `#/${page}`) ?? null;
