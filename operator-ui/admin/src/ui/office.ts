import { CompanyLogin, detectLang, IdleTimer, LiveStream, PasskeyLogin, ServerClock, type Invitation, type Lang, type LockReason, type Localized, type CompanyPlatform, type PasskeyPlatform, type Return, type Source } from "@honnin/kit";
import { computed, signal } from "@preact/signals";
import type { Api, OrgApi } from "../core/api.ts";
import { failure, type Failure } from "../core/errors.ts";
import { format } from "../core/format.ts";
import { may, pageOf, pagesFor, type Page, type Resource, type Verb } from "../core/rights.ts";
import type { Incident, Me } from "../core/types.ts";
import { texts } from "../i18n/index.ts";

export interface OfficeOptions extends PasskeyPlatform, Pick<CompanyPlatform, "leave"> {
  api: Api;
  openStream: () => Source;
  now: () => number;
  later: (run: () => void, ms: number) => void;
  storage: Pick<Storage, "getItem" | "setItem"> | null;
  languages: readonly string[];
}

export type Phase = { at: "starting" } | { at: "invite"; token: string } | { at: "login" } | { at: "in" } | { at: "locked"; why: LockReason };

const LANG_KEY = "honnin-console-lang";
const LOCK_WARNING = 30_000;
/** The server counts idleness by requests, so a person who only types is reported to it at this grain at most. */
const BEAT = 15_000;
const SPENT: ReadonlySet<string> = new Set(["not-found", "expired", "already-decided"]);

/** The administration pages' one controller: who is in, in which language, on which page, and what stands on every page. */
export class Office {
  readonly #o: OfficeOptions;
  readonly #clock: ServerClock;
  readonly #login: PasskeyLogin;
  readonly #company: CompanyLogin;
  readonly phase = signal<Phase>({ at: "starting" });
  readonly me = signal<Me | null>(null);
  readonly lang;
  readonly texts = computed(() => texts[this.lang.value]);
  readonly zone = signal("UTC");
  readonly format = computed(() => format(this.lang.value, this.zone.value));
  readonly busy = signal(false);
  readonly failure = signal<Failure | null>(null);
  readonly invitation = signal<Invitation | null>(null);
  readonly lockWarning = signal(false);
  /** The page that the address asks for; null: the first that the person may see. */
  readonly asked = signal<Page | null>(null);
  readonly pages = computed(() => (this.me.value === null ? [] : pagesFor(this.me.value.rights, this.me.value.organisation.kind, this.me.value.person.roles)));
  readonly page = computed(() => (this.asked.value !== null && this.pages.value.includes(this.asked.value) ? this.asked.value : (this.pages.value[0] ?? null)));
  /** Incidents that run: their banner stands on every page. */
  readonly incidents = signal<readonly Incident[]>([]);
  /** Alerts that nobody has acknowledged. */
  readonly alerts = signal(0);
  readonly names = signal<ReadonlyMap<string, Localized>>(new Map());
  /** Names of machines and of organisations that work together, by id. */
  readonly others = signal<ReadonlyMap<string, Localized>>(new Map());
  /** Counts visits: a page that is asked for again reads again. */
  readonly visit = signal(0);
  /** Counts what the stream said: pages that show alerts read again when it moves. */
  readonly news = signal(0);

  #stream: LiveStream | null = null;
  #idle: IdleTimer | null = null;
  #beat = { at: 0, every: BEAT, input: false };

  constructor(options: OfficeOptions) {
    this.#o = options;
    this.#clock = new ServerClock(options.now);
    this.#login = new PasskeyLogin(options.api.session, options, options.now);
    this.#company = new CompanyLogin(options.api.session, { page: "admin", storage: options.storage, leave: options.leave });
    this.lang = signal<Lang>(detectLang(options.storage?.getItem(LANG_KEY) ?? null, options.languages));
  }

  /** The organisation's calls. */
  get org(): OrgApi {
    return this.#o.api.org(this.me.value?.organisation.id ?? "");
  }

  /** The server's time, milliseconds since the epoch. */
  now = (): number => this.#clock.now();

  may(resource: Resource, verb: Verb): boolean {
    const me = this.me.value;
    return me !== null && may(me.rights, resource, verb);
  }

  /** First thing: an invitation from the link, or the session that the cookie still carries. */
  async begin(invitation: string | null): Promise<void> {
    if (invitation === null) return this.#load();
    this.#clear();
    this.phase.value = { at: "invite", token: invitation };
    try {
      this.invitation.value = await this.#o.api.session.invitation(invitation);
    } catch (thrown) {
      this.failure.value = spent(failure(thrown));
    }
  }

  /** Follows the address. */
  go(hash: string): void {
    this.asked.value = pageOf(hash);
    this.visit.value += 1;
    // Somebody may have joined since: pages show names for ids.
    if (this.phase.value.at === "in") void this.readNames();
    this.failure.value = null;
  }

  /** Called by the page about twice a second. */
  tick(): void {
    this.#stream?.check();
    this.#idle?.check();
    if (this.#idle !== null && this.#beat.input && this.#o.now() - this.#beat.at >= this.#beat.every) void this.#present();
  }

  /** The person moved, typed or tapped. */
  touch(): void {
    this.#idle?.touch();
    this.#beat.input = true;
  }

  setLang = (lang: Lang): void => {
    this.lang.value = lang;
    this.#o.storage?.setItem(LANG_KEY, lang);
  };

  retry = (): Promise<void> => this.#load();
  toLogin = (): void => this.#signedOut(null);

  accept = (): Promise<void> =>
    this.#doing(async () => {
      const phase = this.phase.value;
      const invitation = this.invitation.value;
      if (phase.at !== "invite" || invitation === null) return;
      try {
        await this.#login.accept(phase.token, invitation);
      } catch (thrown) {
        this.failure.value = spent(failure(thrown));
        return;
      }
      await this.#load();
    });

  /** Logs in, and unlocks. */
  login = (): Promise<void> =>
    this.#doing(async () => {
      await this.#login.login();
      await this.#load();
    });

  /** The company that was named last in this browser. */
  get companyId(): string {
    return this.#company.remembered;
  }

  /** Leaves for a company's own sign-in. */
  throughCompany = (company: string): Promise<void> =>
    this.#doing(async () => {
      try {
        await this.#company.leave(company);
      } catch (thrown) {
        const found = failure(thrown);
        this.failure.value = found.key === "not-found" ? { key: "company-unknown", reference: "" } : found;
      }
    });

  /** The same with the invitation that is on the screen. */
  acceptThroughCompany = (): Promise<void> =>
    this.#doing(async () => {
      const phase = this.phase.value;
      if (phase.at !== "invite") return;
      try {
        await this.#company.accept(phase.token);
      } catch (thrown) {
        this.failure.value = spent(failure(thrown));
      }
    });

  /** Back from a company's sign-in. */
  async returned(back: Return | "refused"): Promise<void> {
    let found: Failure | null = back === "refused" ? { key: "login-refused", reference: "" } : null;
    if (back !== "refused") {
      try {
        await this.#company.finish(back);
      } catch (thrown) {
        found = failure(thrown);
        if (found.key === "expired") found = { key: "login-spent", reference: "" };
        else found = spent(found);
      }
    }
    await this.#load();
    if (found !== null && this.phase.value.at !== "in") this.failure.value = found;
    if (found === null && this.me.value !== null) this.#company.remember(this.me.value.organisation.id);
  }

  signOut = (): Promise<void> =>
    this.#doing(async () => {
      await this.#o.api.session.logout();
      this.#signedOut(null);
    });

  lock(why: LockReason): void {
    if (this.phase.value.at === "locked") return;
    this.#clear();
    this.phase.value = { at: "locked", why };
    if (why !== "server") void this.#tellLocked();
    void this.#login.prefetch();
  }

  /** A page's call failed: a lock or an ended session changes the screen and gives null, all else is the page's to show. */
  caught(thrown: unknown): Failure | null {
    const found = failure(thrown);
    if (this.phase.value.at !== "in") return found;
    if (found.key === "session-locked") this.lock("server");
    else if (found.key === "unauthenticated") this.#signedOut(found);
    else return found;
    return null;
  }

  /** Reads what stands on every page again. */
  async refresh(): Promise<void> {
    const api = this.org;
    const [incidents, alerts] = await Promise.all([
      this.may("incidents", "view") ? api.incidents().catch((thrown: unknown) => this.#quietly(thrown)) : null,
      this.may("alerts", "view") ? api.alerts().catch((thrown: unknown) => this.#quietly(thrown)) : null,
    ]);
    if (this.phase.value.at !== "in") return;
    if (incidents !== null) this.incidents.value = incidents.filter((incident) => incident.ended_at === null);
    if (alerts !== null) this.alerts.value = alerts.alerts.filter((alert) => alert.acknowledged_at === null).length;
  }

  /** Reads the names that go with ids, as far as the person may see them. */
  async readNames(): Promise<void> {
    const api = this.org;
    const quiet = (thrown: unknown): null => this.#quietly(thrown);
    const [people, machines, delegations] = await Promise.all([
      this.may("people", "view") ? api.people().catch(quiet) : null,
      this.may("machines", "view") ? api.machines().catch(quiet) : null,
      this.may("delegations", "view") ? api.delegations().catch(quiet) : null,
    ]);
    if (this.phase.value.at !== "in") return;
    if (people !== null) this.names.value = new Map(people.map((person) => [person.id, person.name]));
    const others = new Map((machines ?? []).map((machine) => [machine.id, { ja: machine.name, en: machine.name }]));
    for (const it of delegations ?? []) others.set(it.partner, it.partner_name).set(it.tenant, it.tenant_name);
    this.others.value = others;
  }

  /** A background call's failure: only an ended session matters. */
  #quietly(thrown: unknown): null {
    this.caught(thrown);
    return null;
  }

  async #doing(run: () => Promise<void>): Promise<void> {
    if (this.busy.value) return;
    this.failure.value = null;
    this.busy.value = true;
    try {
      await run();
    } catch (thrown) {
      this.#gate(thrown);
    } finally {
      this.busy.value = false;
    }
  }

  /** A failure while nobody is in yet. */
  #gate(thrown: unknown): void {
    const found = failure(thrown);
    if (found.key === "session-locked" && this.phase.value.at === "starting") this.lock("server");
    else if (found.key === "unauthenticated" && this.phase.value.at === "starting") this.#signedOut(null);
    else this.failure.value = this.caught(thrown);
  }

  async #load(): Promise<void> {
    try {
      const me = await this.#o.api.me();
      this.#clock.learn(me.value.now, me.sentAt, me.receivedAt);
      const org = may(me.value.rights, "settings", "view") ? await this.#o.api.org(me.value.organisation.id).org() : null;
      this.#clear();
      this.zone.value = org?.settings.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      this.me.value = me.value;
      this.phase.value = { at: "in" };
      this.#enter(me.value.idle_lock_s * 1000);
      await Promise.all([this.refresh(), this.readNames()]);
    } catch (thrown) {
      this.#gate(thrown);
    }
  }

  #enter(idle: number): void {
    this.#beat = { at: this.#o.now(), every: Math.min(BEAT, idle / 10), input: false };
    this.#idle = new IdleTimer({
      limit: idle,
      warnBefore: Math.min(LOCK_WARNING, idle / 2),
      now: this.#o.now,
      onWarn: (on) => {
        this.lockWarning.value = on;
      },
      onIdle: () => this.lock("idle"),
    });
    this.#stream = new LiveStream({
      open: this.#o.openStream,
      now: this.#o.now,
      later: this.#o.later,
      on: {
        alert: () => {
          this.news.value += 1;
          void this.refresh();
        },
      },
      onLink: () => undefined,
      onOpen: () => undefined,
      onClosed: () => this.#stands(),
    });
  }

  /** Whether the session still stands; if not, the gate is on the screen when this answers. */
  async #stands(): Promise<boolean> {
    try {
      const me = await this.#o.api.me();
      this.#clock.learn(me.value.now, me.sentAt, me.receivedAt);
    } catch (thrown) {
      this.caught(thrown);
    }
    return this.phase.value.at === "in";
  }

  async #present(): Promise<void> {
    this.#beat = { ...this.#beat, at: this.#o.now(), input: false };
    await this.#stands();
  }

  /** Nothing of the organisation stays in the page's memory; who is locked out and the page's name do. */
  #clear(): void {
    this.#stream?.stop();
    this.#stream = null;
    this.#idle = null;
    this.lockWarning.value = false;
    this.failure.value = null;
    this.invitation.value = null;
    this.incidents.value = [];
    this.alerts.value = 0;
    this.names.value = new Map();
    this.others.value = new Map();
  }

  #signedOut(found: Failure | null): void {
    this.#clear();
    this.me.value = null;
    this.phase.value = { at: "login" };
    this.failure.value = found;
    void this.#login.prefetch();
  }

  async #tellLocked(): Promise<void> {
    try {
      await this.#o.api.session.lock();
    } catch (thrown) {
      const { key } = failure(thrown);
      if (key !== "offline" && key !== "internal") return;
      this.#o.later(() => {
        if (this.phase.value.at === "locked") void this.#tellLocked();
      }, 2_000);
    }
  }
}

const spent = (found: Failure): Failure => (SPENT.has(found.key) ? { key: "invitation-spent", reference: "" } : found);
