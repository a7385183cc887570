import { BrandMark, formatTime, pick } from "@honnin/kit";
import type { JSX } from "preact";
import { useDesk } from "./context.ts";

/** Switches the language; its own label is in the other one. */
export function LangButton(): JSX.Element {
  const desk = useDesk();
  const other = desk.lang.value === "ja" ? "en" : "ja";
  return (
    <button type="button" class="bar-button" lang={other} data-testid="lang" onClick={() => desk.setLang(other)}>
      {desk.texts.value.switchTo}
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

export function TopBar(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const { me, link, busy } = desk.state.value;
  return (
    <header class="top">
      <Brand />
      {me !== null && (
        <span class="top-desk" data-testid="tenant">
          {t.top.desk(pick(me.tenant.display.name, lang))}
        </span>
      )}
      <span class={`link link-${link}`} role="status" data-testid="link" data-link={link}>
        <span class="dot" aria-hidden="true" />
        {t.top[link]}
      </span>
      {me !== null && (
        <span class="top-name" data-testid="operator">
          {t.top.operator(pick(me.operator.name, lang))}
        </span>
      )}
      <button type="button" class="bar-button" data-testid="lock" onClick={() => desk.lock("button")}>
        {t.top.lock}
      </button>
      <button type="button" class="bar-button" data-testid="sign-out" disabled={busy} onClick={() => void desk.signOut()}>
        {t.top.signOut}
      </button>
      <LangButton />
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
