import { Brand, formatTime, LangButton, pick, Seal } from "@honnin/kit";
import type { JSX } from "preact";
import type { Me } from "../core/types.ts";
import { useDesk } from "./context.ts";

/** Whether the administration pages hold anything for this person. */
const administers = (me: Me): boolean => Object.entries(me.rights).some(([resource, verbs]) => resource !== "verifications" && verbs.includes("view"));

export function TopBar(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const { me, link, busy, alerts } = desk.state.value;
  return (
    <header class="top">
      <Brand />
      {me !== null && (
        <span class="top-desk" data-testid="tenant">
          {t.top.desk(pick(me.organisation.name, lang))}
        </span>
      )}
      <span class={`link link-${link}`} role="status" data-testid="link" data-link={link}>
        <span class="dot" aria-hidden="true" />
        {t.top[link]}
      </span>
      {alerts.length > 0 && (
        <a class="alert-mark ink-waiting" href="/admin/#/alerts" target="_blank" rel="noopener" data-testid="alert-mark" onClick={desk.alertsSeen}>
          <Seal shape="clock" size={18} />
          {t.top.alerts(alerts.length)}
        </a>
      )}
      {me !== null && (
        <span class="top-name" data-testid="operator">
          {pick(me.person.label, lang)}
        </span>
      )}
      {me !== null && administers(me) && (
        <a class="bar-button" href="/admin/" data-testid="admin-link">
          {t.top.admin}
        </a>
      )}
      <button type="button" class="bar-button" data-testid="lock" onClick={() => desk.lock("button")}>
        {t.top.lock}
      </button>
      <button type="button" class="bar-button" data-testid="sign-out" disabled={busy} onClick={() => void desk.signOut()}>
        {t.top.signOut}
      </button>
      <LangButton lang={lang} label={t.switchTo} setLang={(to) => desk.setLang(to)} />
    </header>
  );
}

/** Words across the page: lost connection, nearing lock. */
export function Bars(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { link, lockWarning } = desk.state.value;
  return (
    <>
      <div role="alert">
        {link === "stale" && (
          <p class="bar bar-stale" data-testid="stale-bar">
            {t.bar.stale(formatTime(desk.heard.value, desk.lang.value))}
          </p>
        )}
      </div>
      <div role="status">
        {lockWarning && (
          <p class="bar bar-lock" data-testid="lock-warning">
            {t.bar.lockSoon}
          </p>
        )}
      </div>
    </>
  );
}

/** The sentence for the last failure, said once. */
export function Failure(): JSX.Element {
  const desk = useDesk();
  const { error } = desk.state.value;
  return (
    <div role="alert">
      {error !== null && (
        <p class="failure" data-testid="error" data-code={error}>
          {desk.texts.value.errors[error]}
        </p>
      )}
    </div>
  );
}
