import { pick } from "@honnin/kit";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LockReason } from "../core/state.ts";
import { useDesk } from "./context.ts";
import { Brand, Failure, LangButton } from "./topbar.tsx";

function Gate(props: { testid: string; title: string; children: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="gate" data-testid={props.testid}>
      <header class="gate-top">
        <Brand />
        <LangButton />
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
export function StartingGate(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  return (
    <Gate testid="starting" title={t.title}>
      {desk.state.value.error === null && <p>{t.starting}</p>}
      <Failure />
      {desk.state.value.error !== null && (
        <button type="button" class="btn btn-primary" data-testid="retry" onClick={() => void desk.retry()}>
          {t.retry}
        </button>
      )}
    </Gate>
  );
}

export function LoginGate(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { busy } = desk.state.value;
  return (
    <Gate testid="login" title={t.login.title}>
      <p>{t.login.lead}</p>
      <Failure />
      <button type="button" class="btn btn-primary" data-testid="login-button" disabled={busy} onClick={() => void desk.login()}>
        {busy ? t.busy : t.login.button}
      </button>
      <p class="small muted">{t.login.first}</p>
    </Gate>
  );
}

export function InviteGate(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { busy, error } = desk.state.value;
  const invitation = desk.invitation.value;
  return (
    <Gate testid="invite" title={t.invite.title}>
      {invitation !== null && (
        <>
          <p data-testid="invite-lead">{t.invite.lead(pick(invitation.operator.name, desk.lang.value))}</p>
          <ul class="points">
            {t.invite.points.map((point) => (
              <li key={point}>{point}</li>
            ))}
          </ul>
        </>
      )}
      {invitation === null && error === null && <p>{t.starting}</p>}
      <Failure />
      {invitation !== null && error !== "invitation-spent" && (
        <button type="button" class="btn btn-primary" data-testid="invite-button" disabled={busy} onClick={() => void desk.acceptInvitation()}>
          {busy ? t.busy : t.invite.button}
        </button>
      )}
      <button type="button" class="btn btn-quiet" data-testid="to-login" onClick={desk.toLogin}>
        {t.invite.toLogin}
      </button>
    </Gate>
  );
}

const FOCUSABLE = "button:not(:disabled), a[href], input, select";

/** Covers everything: the desk is not under it, it is gone. Focus goes round inside. */
export function LockGate({ why }: { why: LockReason }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { busy, me } = desk.state.value;
  const box = useRef<HTMLDivElement>(null);
  const unlock = useRef<HTMLButtonElement>(null);
  useEffect(() => unlock.current?.focus(), []);
  const trap = (event: KeyboardEvent): void => {
    if (event.key !== "Tab" || box.current === null) return;
    const stops = [...box.current.querySelectorAll<HTMLElement>(FOCUSABLE)];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = event.shiftKey ? (at <= 0 ? stops.length - 1 : at - 1) : (at + 1) % stops.length;
    event.preventDefault();
    stops[next]?.focus();
  };
  return (
    <div class="gate gate-locked" role="dialog" aria-modal="true" aria-labelledby="lock-title" aria-describedby="lock-why" data-testid="locked" ref={box} onKeyDown={trap}>
      <div class="gate-top">
        <Brand />
        <LangButton />
      </div>
      <div class="gate-card">
        <h1 id="lock-title">{t.lock.title}</h1>
        <p id="lock-why" data-testid="lock-why">
          {t.lock.why[why]}
        </p>
        {me !== null && <p class="muted">{pick(me.operator.name, desk.lang.value)}</p>}
        <Failure />
        <button type="button" class="btn btn-primary" data-testid="unlock" disabled={busy} ref={unlock} onClick={() => void desk.login()}>
          {busy ? t.busy : t.lock.button}
        </button>
        <p class="small muted">{t.lock.note}</p>
      </div>
    </div>
  );
}
