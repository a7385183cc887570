import { DirectionArrow, pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import type { Me, Purpose, PurposeKind, Tenant } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { EligibilityForm } from "./eligibility.tsx";
import { LostForm } from "./lost.tsx";
import { AnnounceForm } from "./startCall.tsx";
import { HANDLE_ERRORS, HandleField, PolicyWords, SelectField, type FormProps } from "./startParts.tsx";
import { TermsForm } from "./startTerms.tsx";
import { Failure } from "./topbar.tsx";

const KINDS: readonly PurposeKind[] = ["verification", "call", "payment", "order", "eligibility"];
/** A purpose of no kind serves a check and a call alike; nothing is paid or sent under it. */
const serves = (purpose: Purpose, kind: PurposeKind): boolean => ((purpose.kind ?? null) === null ? kind === "verification" || kind === "call" : purpose.kind === kind);

/** What this person may start, company by company. */
const startable = (tenants: readonly Tenant[], kind: PurposeKind): Tenant[] =>
  tenants.map((tenant) => ({ ...tenant, purposes: tenant.purposes.filter((p) => serves(p, kind)) })).filter((tenant) => tenant.purposes.length > 0);

export function Start(): JSX.Element | null {
  const { me } = useDesk().state.value;
  return me === null ? null : <Forms me={me} />;
}

function Forms({ me }: { me: Me }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const kinds = KINDS.filter((kind) => startable(me.tenants, kind).length > 0);
  const [first] = kinds;
  if (first === undefined || me.organisation.status === "frozen") {
    return (
      <div class="start" data-testid="start-closed">
        <h1>{t.start.title}</h1>
        <p>{me.organisation.status === "frozen" ? t.start.frozen : t.start.noCompany}</p>
      </div>
    );
  }
  const asked = desk.state.value.starting;
  const kind = asked === "lost" || kinds.includes(asked) ? asked : first;
  return (
    <div class="start-page">
      <nav class="modes" aria-label={t.start.modes} data-testid="modes">
        {[...kinds, "lost" as const].map((it) => (
          <button key={it} type="button" class={`btn mode mode-${it}`} data-testid={`mode-${it}`} aria-current={it === kind ? "page" : undefined} onClick={() => desk.open(it)}>
            {t.start.mode[it]}
          </button>
        ))}
      </nav>
      {kind === "lost" ? <LostForm tenants={me.tenants} /> : <Choosing key={kind} kind={kind} tenants={startable(me.tenants, kind)} />}
    </div>
  );
}

/** Company and purpose, which every form begins with; then the form of this kind. */
function Choosing({ kind, tenants }: { kind: PurposeKind; tenants: readonly Tenant[] }): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const [wanted, setWanted] = useState(tenants[0]?.id ?? "");
  const [asked, setAsked] = useState<string | null>(null);
  const tenant = tenants.find((it) => it.id === wanted) ?? tenants[0];
  const purpose = tenant?.purposes.find((p) => p.code === asked) ?? tenant?.purposes[0];
  if (tenant === undefined || purpose === undefined) return null;
  const company = tenants.length > 1 && (
    <SelectField
      id="company"
      label={t.start.company}
      value={tenant.id}
      options={tenants.map((it) => ({ value: it.id, text: pick(it.display.name, lang) }))}
      onValue={(id) => {
        setWanted(id);
        setAsked(null);
      }}
    />
  );
  const purposes = (
    <fieldset class="field">
      <legend>{t.start.purpose}</legend>
      <div class="choices">
        {tenant.purposes.map((p) => (
          <label class="choice" key={p.code}>
            <input type="radio" name="purpose" value={p.code} data-testid={`purpose-${p.code}`} checked={p.code === purpose.code} onChange={() => setAsked(p.code)} />
            <span>{pick(p, lang)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
  const props: FormProps = { tenant, purpose, company, purposes };
  // A form of another company starts empty: its numbers and recipients are not this one's.
  if (kind === "call") return <AnnounceForm key={tenant.id} {...props} />;
  if (kind === "eligibility") return <EligibilityForm key={tenant.id} {...props} />;
  if (kind === "verification") return <CheckForm {...props} />;
  return <TermsForm key={tenant.id} {...props} kind={kind} />;
}

function CheckForm({ tenant, purpose, company, purposes }: FormProps): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { busy, error } = desk.state.value;
  const [handle, setHandle] = useState("");
  const [empty, setEmpty] = useState(false);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const wanted = handle.trim();
    setEmpty(wanted === "");
    if (wanted !== "") void desk.work.start({ tenant: tenant.id, handle: wanted, purpose: purpose.code, direction: "inbound" });
  };
  return (
    <form class="start" data-testid="start-form" data-kind="verification" onSubmit={submit} noValidate autocomplete="off">
      <h1>{t.start.title}</h1>
      <div class="start-direction">
        <DirectionArrow to="in" />
        <span>
          <span class="visually-hidden">{t.start.direction}: </span>
          <strong>{t.direction.inbound}</strong> {t.start.directionNote}
        </span>
      </div>
      {company}
      <HandleField
        value={handle}
        own
        empty={empty}
        onValue={(value) => {
          setHandle(value);
          setEmpty(false);
        }}
      />
      {purposes}
      {error !== null && !HANDLE_ERRORS.has(error) && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy}>
        {busy ? t.busy : t.start.button}
      </button>
      <PolicyWords purpose={purpose} />
    </form>
  );
}
