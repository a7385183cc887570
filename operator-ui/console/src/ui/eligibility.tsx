import { formatSpan, formatTime, locale } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useMemo, useState } from "preact/hooks";
import { qrOf } from "../core/qr.ts";
import type { Invitation, View } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { PolicyWords, SelectField, type FormProps } from "./startParts.tsx";
import { Failure } from "./topbar.tsx";

/** How long an invitation may stand, minutes. */
const MINUTES = [15, 60, 240, 1440];

/** Invites somebody who is no customer yet: no handle, as there is none. */
export function EligibilityForm({ tenant, purpose, company, purposes }: FormProps): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const e = t.eligibility;
  const { busy, error } = desk.state.value;
  const [minutes, setMinutes] = useState(15);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void desk.work.invite({ tenant: tenant.id, purpose: purpose.code, minutes });
  };
  return (
    <form class="start" data-testid="start-form" data-kind="eligibility" onSubmit={submit} noValidate autocomplete="off">
      <h1>{e.title}</h1>
      <p class="muted">{e.note}</p>
      {company}
      {purposes}
      <SelectField id="minutes" label={e.minutes} value={String(minutes)} options={MINUTES.map((m) => ({ value: String(m), text: e.span(m) }))} onValue={(value) => setMinutes(Number(value))} />
      {error !== null && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy}>
        {busy ? t.busy : e.button}
      </button>
      <PolicyWords purpose={purpose} />
    </form>
  );
}

/** What the prospect is handed, until it is used: a QR code or a link, and for how long. */
export function InvitationCard({ view }: { view: View }): JSX.Element {
  const desk = useDesk();
  const e = desk.texts.value.eligibility;
  const invitation = desk.state.value.invitations[view.id];
  return (
    <section class="invitation" aria-labelledby="invitation-title" data-testid="invitation">
      <h2 id="invitation-title">{e.hand}</h2>
      {invitation === undefined ? <p data-testid="invitation-gone">{e.gone}</p> : <Hand invitation={invitation} />}
    </section>
  );
}

function Hand({ invitation }: { invitation: Invitation }): JSX.Element {
  const desk = useDesk();
  const lang = desk.lang.value;
  const e = desk.texts.value.eligibility;
  const qr = useMemo(() => qrOf(invitation.qr_svg), [invitation.qr_svg]);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(invitation.link);
      setCopied(true);
    } catch {
      // The link stands there to be selected.
      setCopied(false);
    }
  };
  const until = `${new Intl.DateTimeFormat(locale(lang), { month: "short", day: "numeric" }).format(invitation.expires_at)} ${formatTime(invitation.expires_at, lang, { seconds: false })}`;
  return (
    <div class="hand">
      {qr !== null && (
        <svg class="qr" viewBox={`0 0 ${qr.size} ${qr.size}`} width="216" height="216" role="img" aria-label={e.qr} data-testid="invitation-qr" shape-rendering="crispEdges">
          <rect width={qr.size} height={qr.size} class="qr-light" />
          <path d={qr.path} class="qr-dark" />
        </svg>
      )}
      <div class="hand-text">
        <div class="field">
          <label for="invitation-link">{e.link}</label>
          <input id="invitation-link" class="input" readOnly value={invitation.link} data-testid="invitation-link" onFocus={(event) => event.currentTarget.select()} />
        </div>
        <button type="button" class="btn" data-testid="invitation-copy" onClick={() => void copy()}>
          {e.copy}
        </button>
        <p role="status" class="small">
          {copied && e.copied}
        </p>
        <p class="tabular" data-testid="invitation-left">
          {e.until(until, formatSpan(invitation.expires_at - desk.now.value))}
        </p>
        <p class="small muted">{e.once}</p>
      </div>
    </div>
  );
}
