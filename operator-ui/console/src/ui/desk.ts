import { detectLang, IdleTimer, LiveStream, ServerClock, type Invitation, type Lang, type LockReason, type CompanyPlatform, type PasskeyPlatform, type Return, type Source, type Timed } from "@honnin/kit";
import { computed, signal } from "@preact/signals";
import type { Api } from "../core/api.ts";
import { errorKey, type ErrorKey } from "../core/errors.ts";
import { current, deciding, initial, reduce, type Action, type Starting, type State } from "../core/state.ts";
import { isOpen, type View } from "../core/types.ts";
import { texts } from "../i18n/index.ts";
import { Entrance, SPENT, spent } from "./entrance.ts";
import { Work } from "./work.ts";

export interface DeskOptions extends PasskeyPlatform, Pick<CompanyPlatform, "leave"> {
  api: Api;
  openStream: () => Source;
  now: () => number;
  later: (run: () => void, ms: number) => void;
  visible: () => boolean;
  storage: Pick<Storage, "getItem" | "setItem"> | null;
  languages: readonly string[];
}

const LANG_KEY = "honnin-console-lang";
const LOCK_WARNING = 30_000;
/** The server counts idleness by requests, so a person at work is reported to it at this grain at most. */
const BEAT = 15_000;
/** A supervisor's list is read so often: the stream tells only of calls that are theirs. */
const LIST_EVERY = 5_000;

/** The console's one controller: turns input, answers and time into actions. */
export class Desk {
  readonly #o: DeskOptions;
  readonly #clock: ServerClock;
  readonly state = signal(initial);
  /** The server's time, in steps of half a second. */
  readonly now = signal(0);
  readonly lang;
  readonly texts = computed(() => texts[this.lang.value]);
  readonly call = computed(() => current(this.state.value));
  readonly deciding = computed(() => deciding(this.state.value));
  readonly invitation = signal<Invitation | null>(null);
  /** When the page last heard from the server (server's time), for the bar that says so. */
  readonly heard = signal(0);

  #stream: LiveStream | null = null;
  #idle: IdleTimer | null = null;
  readonly #door: Entrance;
  /** Calls, payments and orders. */
  readonly work: Work;
  #beat = { at: 0, every: BEAT, input: false };
  readonly #arrived = new Set<string>();
  /** When the list of weaker checks was last asked for. */
  #listed = 0;

  constructor(options: DeskOptions) {
    this.#o = options;
    this.#clock = new ServerClock(options.now);
    this.#door = new Entrance(options.api, options, options.now);
    this.work = new Work({ api: options.api, state: () => this.state.value, apply: (action) => this.#do(action), busy: (run) => this.#busy(run) });
    this.lang = signal<Lang>(detectLang(options.storage?.getItem(LANG_KEY) ?? null, options.languages));
    this.tick();
  }

  /** First thing: an invitation from the link, or the session that the cookie still carries. */
  async begin(invitation: string | null): Promise<void> {
    if (invitation === null) return this.#load();
    this.#do({ do: "invited", token: invitation });
    try {
      this.invitation.value = await this.#o.api.session.invitation(invitation);
    } catch (thrown) {
      this.#fail(spent(thrown));
    }
  }

  /** The company that was named last in this browser. */
  get companyId(): string {
    return this.#door.company.remembered;
  }

  /** Leaves for a company's own sign-in. */
  async throughCompany(company: string): Promise<void> {
    await this.#busy(() => this.#door.leave(company));
  }

  /** The same with the invitation that is on the screen. */
  async acceptThroughCompany(): Promise<void> {
    const phase = this.state.value.phase;
    if (phase.at !== "invite") return;
    await this.#busy(() => this.#door.leaveInvited(phase.token));
  }

  /** Back from a company's sign-in. */
  async returned(back: Return | "refused"): Promise<void> {
    if (back === "refused") {
      await this.#load();
      if (this.state.value.phase.at !== "desk") this.#fail("login-refused");
      return;
    }
    try {
      await this.#door.company.finish(back);
    } catch (thrown) {
      const key = errorKey(thrown);
      await this.#load();
      if (this.state.value.phase.at !== "desk") this.#fail(key === "expired" ? "login-spent" : SPENT[key] ?? key);
      return;
    }
    await this.#load();
    const company = this.state.value.me?.organisation.id;
    if (company !== undefined) this.#door.company.remember(company);
  }

  /** Called by the page about twice a second. */
  tick(): void {
    this.now.value = Math.floor(this.#clock.now() / 500) * 500;
    this.#stream?.check();
    this.#idle?.check();
    if (this.#supervises && this.#o.now() - this.#listed >= LIST_EVERY) void this.#list();
    if (this.#idle !== null && this.#beat.input && this.#o.now() - this.#beat.at >= this.#beat.every) void this.#present();
  }

  /** The person moved, typed or tapped. */
  touch(): void {
    this.#idle?.touch();
    this.#beat.input = true;
  }

  setLang(lang: Lang): void {
    this.lang.value = lang;
    this.#o.storage?.setItem(LANG_KEY, lang);
  }

  select(id: string | null): void {
    this.#do({ do: "select", id });
  }

  /** Opens the form for a check, a call, a payment, an order or a prospect; or for a phone that is gone. */
  open(kind: Starting, losing: State["losing"] = null): void {
    this.#do({ do: "starting", kind, losing });
  }

  retry = (): Promise<void> => this.#load();
  toLogin = (): void => this.#signedOut();

  async acceptInvitation(): Promise<void> {
    const phase = this.state.value.phase;
    const invitation = this.invitation.value;
    if (phase.at !== "invite" || invitation === null) return;
    await this.#busy(async () => {
      await this.#door.accept(phase.token, invitation);
      await this.#load();
    });
  }

  /** Logs in, and unlocks. */
  async login(): Promise<void> {
    await this.#busy(async () => {
      await this.#door.passkey.login();
      await this.#load();
    });
  }

  /** The mark for new alerts was followed or read. */
  alertsSeen = (): void => this.#do({ do: "alerts-seen" });

  lock(why: LockReason): void {
    if (this.state.value.phase.at !== "desk") return;
    this.#leave();
    this.#do({ do: "lock", why });
    if (why !== "server") void this.#tellLocked();
    void this.#door.passkey.prefetch();
  }

  async signOut(): Promise<void> {
    await this.#busy(async () => {
      await this.#o.api.session.logout();
      this.#signedOut();
    });
  }

  /** The verified badge has been painted: note how long that took if this page saw the verdict come. */
  painted(view: View): void {
    if (!this.#arrived.delete(view.id) || view.decided_at === null) return;
    const server = view.approve_ms ?? 0;
    this.#do({ do: "painted", id: view.id, ms: Math.max(server, server + this.#clock.now() - view.decided_at) });
  }

  #do(action: Action): void {
    this.state.value = reduce(this.state.value, action);
  }

  #fail(error: ErrorKey): void {
    this.#do({ do: "error", error });
  }

  /** Sorts a failure: a lock and an ended session change the screen, all else is a sentence on it. */
  #caught(thrown: unknown): void {
    const key = errorKey(thrown);
    const { at } = this.state.value.phase;
    if (key === "session-locked") {
      if (at === "desk") this.lock("server");
      else if (at === "starting") {
        this.#do({ do: "lock", why: "server" });
        void this.#door.passkey.prefetch();
      } else this.#fail(key);
    } else if (key === "unauthenticated" && at === "desk") this.#signedOut(key);
    else if (key === "unauthenticated" && at === "starting") this.#signedOut();
    else this.#fail(key);
  }

  async #busy(run: () => Promise<void>): Promise<void> {
    if (this.state.value.busy) return;
    this.#do({ do: "error", error: null });
    this.#do({ do: "busy", on: true });
    try {
      await run();
    } catch (thrown) {
      this.#caught(thrown);
    } finally {
      this.#do({ do: "busy", on: false });
    }
  }

  #learn(answer: Timed<{ now: number }>): void {
    this.#clock.learn(answer.value.now, answer.sentAt, answer.receivedAt);
    this.tick();
  }

  async #load(): Promise<void> {
    try {
      const [me, calls] = await Promise.all([this.#o.api.me(), this.#calls()]);
      this.#learn(me);
      this.#leave();
      this.#do({ do: "session", me: me.value, calls });
      this.#enter(me.value.idle_lock_s * 1000);
      if (this.#supervises) void this.#list();
    } catch (thrown) {
      this.#caught(thrown);
    }
  }

  #enter(idle: number): void {
    this.#beat = { at: this.#o.now(), every: Math.min(BEAT, idle / 10), input: false };
    this.#idle = new IdleTimer({
      limit: idle,
      warnBefore: Math.min(LOCK_WARNING, idle / 2),
      now: this.#o.now,
      onWarn: (on) => this.#do({ do: "lock-warning", on }),
      onIdle: () => this.lock("idle"),
    });
    this.#stream = new LiveStream({
      open: this.#o.openStream,
      now: this.#o.now,
      later: this.#o.later,
      onLink: (link) => {
        if (link === "live") this.heard.value = this.#clock.now();
        this.#do({ do: "link", link });
      },
      onOpen: () => void this.#refresh(),
      on: {
        verification: (view) => this.#seen(view as View),
        alert: (alert) => this.#do({ do: "alert", id: (alert as { id: string }).id }),
      },
      onClosed: () => this.#refresh(),
    });
  }

  #leave(): void {
    this.#stream?.stop();
    this.#stream = null;
    this.#idle = null;
    this.#arrived.clear();
  }

  #seen(view: View): void {
    const known = this.state.value.calls[view.id];
    if (view.state === "passed" && known !== undefined && isOpen(known) && this.#o.visible()) this.#arrived.add(view.id);
    this.#do({ do: "views", calls: [view] });
  }

  /** Whether a supervisor is at the desk. */
  get #supervises(): boolean {
    const { phase, me } = this.state.value;
    return phase.at === "desk" && this.#stream !== null && (me?.person.roles.includes("supervisor") ?? false);
  }

  /** Reads which weaker checks wait for this person. */
  async #list(): Promise<void> {
    this.#listed = this.#o.now();
    try {
      const answer = await this.#o.api.fallbacks();
      this.#learn(answer);
      this.#do({ do: "fallbacks", list: answer.value.fallbacks });
    } catch (thrown) {
      this.#ended(thrown);
    }
  }

  /** Tells the server that somebody is here; without it the server would lock a desk where a call is only watched. */
  async #present(): Promise<void> {
    this.#beat = { ...this.#beat, at: this.#o.now(), input: false };
    try {
      this.#learn(await this.#o.api.me());
    } catch (thrown) {
      this.#ended(thrown);
    }
  }

  /** Leaves the desk if that is what a background call's failure says; any other failure the connection bar tells. */
  #ended(thrown: unknown): boolean {
    const key = errorKey(thrown);
    if (key !== "session-locked" && key !== "unauthenticated") return false;
    if (this.state.value.phase.at === "desk") this.#caught(thrown);
    return true;
  }

  /** Today's checks, and the calls that are announced: one view each, whichever list it stands in. */
  async #calls(): Promise<View[]> {
    const [checks, announced] = await Promise.all([this.#o.api.calls(), this.#o.api.announced()]);
    this.#learn(checks);
    this.#learn(announced);
    return [...checks.value.verifications, ...announced.value.calls];
  }

  /** Reads the list again; false when the session is over. */
  async #refresh(): Promise<boolean> {
    try {
      this.#do({ do: "views", calls: await this.#calls() });
      return true;
    } catch (thrown) {
      return !this.#ended(thrown);
    }
  }

  #signedOut(error?: ErrorKey): void {
    this.#leave();
    this.invitation.value = null;
    this.#do({ do: "signed-out", ...(error === undefined ? {} : { error }) });
    void this.#door.passkey.prefetch();
  }

  async #tellLocked(): Promise<void> {
    try {
      await this.#o.api.session.lock();
    } catch (thrown) {
      const unheard = errorKey(thrown) === "offline" || errorKey(thrown) === "internal";
      if (unheard) {
        this.#o.later(() => {
          if (this.state.value.phase.at === "locked") void this.#tellLocked();
        }, 2_000);
      }
    }
  }
}
