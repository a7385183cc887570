import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { pick, type Lang, type Localized } from "./i18n.ts";
import { BrandMark } from "./icons.tsx";
import type { Invitation } from "./login.ts";

export type LockReason = "idle" | "button" | "server";

/** The words of the gates; every page's dictionary holds them under these keys. */
export interface GateTexts {
  title: string;
  switchTo: string;
  starting: string;
  retry: string;
  busy: string;
  login: { title: string; lead: string; button: string; first: string };
  invite: { title: string; lead: (name: string) => string; points: readonly string[]; button: string; toLogin: string };
  lock: { title: string; why: Record<LockReason, string>; note: string; button: string };
  company: { open: string; id: string; help: string; button: string; invited: string };
}

/** What a gate shows and asks for. */
export interface Door {
  texts: GateTexts;
  lang: Lang;
  busy: boolean;
  /** Whether a failure stands on the screen. */
  failed: boolean;
  /** The page's own live region with the failure's sentence. */
  failure: JSX.Element;
  setLang: (lang: Lang) => void;
  login: () => Promise<void>;
  retry: () => Promise<void>;
  accept: () => Promise<void>;
  toLogin: () => void;
  /** The company that was named last in this browser. */
  company: string;
  /** Leaves for the company's own sign-in. */
  throughCompany: (company: string) => Promise<void>;
  /** The same with the invitation that is on the screen. */
  acceptThroughCompany: () => Promise<void>;
}

/** Switches the language; its own label is in the other one. */
export function LangButton({ lang, label, setLang }: { lang: Lang; label: string; setLang: (lang: Lang) => void }): JSX.Element {
  const other = lang === "ja" ? "en" : "ja";
  return (
    <button type="button" class="bar-button" lang={other} data-testid="lang" onClick={() => setLang(other)}>
      {label}
    </button>
  );
}

export function Brand(): JSX.Element {
  return (
    <span class="brand">
      <BrandMark size={28} />
      <span>Honnin</span>
    </span>
  );
}

const Language = ({ door }: { door: Door }): JSX.Element => <LangButton lang={door.lang} label={door.texts.switchTo} setLang={door.setLang} />;

function Gate(props: { door: Door; testid: string; title: string; children: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="gate" data-testid={props.testid}>
      <header class="gate-top">
        <Brand />
        <Language door={props.door} />
      </header>
      <main class="gate-card">
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.children}
      </main>
    </div>
  );
}

/** Before the first answer; with a way on when none came. */
export function StartingGate({ door }: { door: Door }): JSX.Element {
  const t = door.texts;
  return (
    <Gate door={door} testid="starting" title={t.title}>
      {!door.failed && <p>{t.starting}</p>}
      {door.failure}
      {door.failed && (
        <button type="button" class="btn btn-primary" data-testid="retry" onClick={() => void door.retry()}>
          {t.retry}
        </button>
      )}
    </Gate>
  );
}

/** The quiet second way in: folded away unless this browser used it before. */
function ThroughCompany({ door }: { door: Door }): JSX.Element {
  const t = door.texts.company;
  const [company, setCompany] = useState(door.company);
  const id = company.trim();
  return (
    <details class="gate-company" open={door.company !== ""} data-testid="company">
      <summary data-testid="company-open">{t.open}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (id !== "" && !door.busy) void door.throughCompany(id);
        }}
      >
        <div class="field">
          <label for="company-id">{t.id}</label>
          <input
            id="company-id"
            class="input"
            value={company}
            maxLength={128}
            autocomplete="organization"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="company-help"
            data-testid="company-id"
            onInput={(event) => setCompany(event.currentTarget.value)}
          />
          <p id="company-help" class="small muted">
            {t.help}
          </p>
        </div>
        <button type="submit" class="btn" data-testid="company-button" disabled={door.busy || id === ""}>
          {t.button}
        </button>
      </form>
    </details>
  );
}

export function LoginGate({ door }: { door: Door }): JSX.Element {
  const t = door.texts;
  return (
    <Gate door={door} testid="login" title={t.login.title}>
      <p>{t.login.lead}</p>
      {door.failure}
      <button type="button" class="btn btn-primary" data-testid="login-button" disabled={door.busy} onClick={() => void door.login()}>
        {door.busy ? t.busy : t.login.button}
      </button>
      <p class="small muted">{t.login.first}</p>
      <ThroughCompany door={door} />
    </Gate>
  );
}

/** `spent`: the link opens nothing any more. */
export function InviteGate({ door, invitation, spent }: { door: Door; invitation: Invitation | null; spent: boolean }): JSX.Element {
  const t = door.texts;
  return (
    <Gate door={door} testid="invite" title={invitation !== null && invitation.passkey === null ? t.login.title : t.invite.title}>
      {invitation !== null && (
        <>
          {invitation.passkey === null ? (
            <p data-testid="invite-lead">{pick(invitation.operator.name, door.lang)}</p>
          ) : (
            <>
              <p data-testid="invite-lead">{t.invite.lead(pick(invitation.operator.name, door.lang))}</p>
              <ul class="points">
                {t.invite.points.map((point) => (
                  <li key={point}>{point}</li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {invitation === null && !door.failed && <p>{t.starting}</p>}
      {door.failure}
      {invitation !== null && invitation.passkey !== null && !spent && (
        <button type="button" class="btn btn-primary" data-testid="invite-button" disabled={door.busy} onClick={() => void door.accept()}>
          {door.busy ? t.busy : t.invite.button}
        </button>
      )}
      {invitation !== null && invitation.provider && !spent && (
        <button type="button" class={invitation.passkey === null ? "btn btn-primary" : "btn"} data-testid="invite-company" disabled={door.busy} onClick={() => void door.acceptThroughCompany()}>
          {t.company.invited}
        </button>
      )}
      <button type="button" class="btn btn-quiet" data-testid="to-login" onClick={door.toLogin}>
        {t.invite.toLogin}
      </button>
    </Gate>
  );
}

const FOCUSABLE = "button:not(:disabled), a[href], input, select, summary";
/** What a closed fold hides cannot take the focus; its summary can. */
const shows = (stop: HTMLElement): boolean => stop.tagName === "SUMMARY" || stop.closest("details:not([open])") === null;

/** Covers everything: the page is not under it, it is gone. Focus goes round inside. */
export function LockGate({ door, why, who }: { door: Door; why: LockReason; who: Localized | null }): JSX.Element {
  const t = door.texts;
  const box = useRef<HTMLDivElement>(null);
  const unlock = useRef<HTMLButtonElement>(null);
  useEffect(() => unlock.current?.focus(), []);
  const trap = (event: KeyboardEvent): void => {
    if (event.key !== "Tab" || box.current === null) return;
    const stops = [...box.current.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(shows);
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = event.shiftKey ? (at <= 0 ? stops.length - 1 : at - 1) : (at + 1) % stops.length;
    event.preventDefault();
    stops[next]?.focus();
  };
  return (
    <div class="gate gate-locked" role="dialog" aria-modal="true" aria-labelledby="lock-title" aria-describedby="lock-why" data-testid="locked" ref={box} onKeyDown={trap}>
      <div class="gate-top">
        <Brand />
        <Language door={door} />
      </div>
      <div class="gate-card">
        <h1 id="lock-title">{t.lock.title}</h1>
        <p id="lock-why" data-testid="lock-why">
          {t.lock.why[why]}
        </p>
        {who !== null && <p class="muted">{pick(who, door.lang)}</p>}
        {door.failure}
        <button type="button" class="btn btn-primary" data-testid="unlock" disabled={door.busy} ref={unlock} onClick={() => void door.login()}>
          {door.busy ? t.busy : t.lock.button}
        </button>
        <p class="small muted">{t.lock.note}</p>
        {door.company === "" ? (
          <ThroughCompany door={door} />
        ) : (
          <button type="button" class="btn" data-testid="unlock-company" disabled={door.busy} onClick={() => void door.throughCompany(door.company)}>
            {t.company.open}
          </button>
        )}
      </div>
    </div>
  );
}
