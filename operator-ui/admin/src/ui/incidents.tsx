import { pick, type SealShape } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockOf, daysLeft, type Clock } from "../core/dates.ts";
import { REASONS, TARGETS, type Impact, type Incident, type Reason, type Target } from "../core/types.ts";
import { useDeed, useLoad, useOffice, type Loaded } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { Choices, Fault, Field, Plain, Ready, Section, Select, Status, Table, Tick, Who, type Tone } from "./parts.tsx";
import { targetName } from "./target.ts";

export function IncidentsPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.incidents;
  const incidents = useLoad(() => office.org.incidents(), office.news.value);
  const [beginning, setBeginning] = useState(false);
  const [ending, setEnding] = useState<Incident | null>(null);
  const again = (): void => {
    void incidents.reload();
    void office.refresh();
  };
  if (beginning) {
    return (
      <Begin
        onClose={(begun) => {
          setBeginning(false);
          if (begun) again();
        }}
      />
    );
  }
  return (
    <div class="stack">
      <div class="page-tools">
        <p class="muted">{i.lead}</p>
        {office.may("incidents", "change") && (
          <button type="button" class="btn btn-danger" data-testid="incident-new" onClick={() => setBeginning(true)}>
            {i.start}
          </button>
        )}
      </div>
      <Ready of={incidents}>
        {(list) => (
          <>
            <Section title={i.running} testid="running">
              {list.filter((it) => it.ended_at === null).length === 0 && <p class="muted empty">{i.none}</p>}
              {list
                .filter((it) => it.ended_at === null)
                .map((incident) => (
                  <Running key={incident.id} incident={incident} onEnd={() => setEnding(incident)} />
                ))}
            </Section>
            <Past incidents={list.filter((it) => it.ended_at !== null)} />
          </>
        )}
      </Ready>
      {ending !== null && <Confirm title={i.endTitle} note={i.endNote} submit={i.end} typed={ending.target.id} deed={() => office.org.endIncident(ending.id)} onClose={() => setEnding(null)} onDone={again} />}
    </div>
  );
}

const CLOCKS: Readonly<Record<Clock, readonly [SealShape, Tone]>> = { early: ["open", "waiting"], due: ["clock", "waiting"], soon: ["clock", "refused"], overdue: ["octagon", "refused"] };

function Running({ incident, onEnd }: { incident: Incident; onEnd: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.incidents;
  const f = office.format.value;
  const clock = (name: string, from: number, by: number, words: string): JSX.Element => {
    const state = clockOf(office.now(), from, by);
    const [shape, tone] = CLOCKS[state];
    return (
      <li class="clock" data-clock={state}>
        <strong>{name}</strong>
        <span>{words}</span>
        <Status shape={shape} tone={tone} word={state === "overdue" || state === "soon" ? i.clock[state] : `${i.clock[state]}${t.sep}${i.left(f.number(daysLeft(office.now(), by)))}`} />
      </li>
    );
  };
  return (
    <article class="card card-incident" data-testid="incident" data-id={incident.id}>
      <div class="section-head">
        <h3>
          {i.targets[incident.target.kind]}: <Plain text={targetName(office, incident.target)} />
        </h3>
        <Status shape="octagon" tone="refused" word={i.banner} />
      </div>
      <Facts incident={incident} />
      <h4>{i.clocks}</h4>
      <p class="small muted">{i.clocksNote}</p>
      <ul role="list" class="clocks">
        {clock(i.preliminary, incident.preliminary_from, incident.preliminary_by, i.between(f.moment(incident.preliminary_from), f.moment(incident.preliminary_by)))}
        {clock(i.final, incident.began_at, incident.final_by, i.until(f.moment(incident.final_by)))}
        {clock(i.improper, incident.began_at, incident.final_by_if_improper, i.until(f.moment(incident.final_by_if_improper)))}
      </ul>
      <div class="buttons">
        <a class="btn" download href={office.org.incidentReport(incident.id)} data-testid="incident-report">
          {i.report}
        </a>
        {office.may("incidents", "change") && (
          <button type="button" class="btn" data-testid="incident-end" onClick={onEnd}>
            {i.end}
          </button>
        )}
      </div>
    </article>
  );
}

function Facts({ incident }: { incident: Incident }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.incidents;
  const f = office.format.value;
  return (
    <dl class="facts">
      <dt>{i.began}</dt>
      <dd>{f.moment(incident.began_at)}</dd>
      <dt>{i.by}</dt>
      <dd>
        <Who id={incident.began_by} />
      </dd>
      <dt>{i.reason}</dt>
      <dd>{i.reasons[incident.reason]}</dd>
      <dt>{i.note}</dt>
      <dd>{incident.note === "" ? t.common.none : <Plain text={incident.note} />}</dd>
      <dt>{i.live}</dt>
      <dd class="tabular">{f.number(incident.live_calls)}</dd>
      <dt>{i.customers}</dt>
      <dd class="tabular">{f.number(incident.affected_customers)}</dd>
    </dl>
  );
}

function Past({ incidents }: { incidents: readonly Incident[] }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.incidents;
  const f = office.format.value;
  return (
    <Section title={i.past} testid="past">
      <Table<Incident>
        caption={i.past}
        empty={t.common.none}
        rows={incidents}
        id={(incident) => incident.id}
        columns={[
          { head: i.target, main: true, cell: (it) => <Plain text={`${i.targets[it.target.kind]} ${targetName(office, it.target)}`} /> },
          { head: i.reason, cell: (it) => i.reasons[it.reason] },
          { head: i.began, cell: (it) => <span class="tabular">{f.brief(it.began_at)}</span> },
          { head: i.ended, cell: (it) => <span class="tabular">{it.ended_at === null ? "–" : f.brief(it.ended_at)}</span> },
          {
            head: t.common.actions,
            cell: (it) => (
              <a class="btn btn-small" download href={office.org.incidentReport(it.id)}>
                {i.report}
              </a>
            ),
          },
        ]}
      />
    </Section>
  );
}

/** Two steps: what to stop; then, with what that touches before one's eyes, its id typed. */
function Begin({ onClose }: { onClose: (begun: boolean) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.incidents;
  const f = office.format.value;
  const me = office.me.value;
  const kinds = TARGETS.filter((kind) => me?.organisation.kind === "tenant" || kind === "partner" || kind === "person");
  const [kind, setKind] = useState<Target["kind"]>(me?.organisation.kind === "partner" ? "person" : "person");
  const [id, setId] = useState("");
  const [reason, setReason] = useState<Reason>("unauthorised-access");
  const [note, setNote] = useState("");
  const [impact, setImpact] = useState<Impact | null>(null);
  const [typed, setTyped] = useState("");
  const deed = useDeed();
  const heading = useRef<HTMLHeadingElement>(null);
  const choices = useLoad(() => choicesFor(office, kind), kind);
  const chosen = id !== "" ? id : (choices.data?.[0]?.value ?? "");
  const target: Target = { kind, id: chosen };
  useEffect(() => heading.current?.focus(), [impact === null]);

  const look = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (chosen !== "") await deed.run(async () => setImpact(await office.org.impact(target)));
  };
  const freeze = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (typed !== chosen) return;
    if (await deed.run(async () => void (await office.org.begin(target, reason, note.trim(), typed)))) onClose(true);
  };
  if (impact === null) {
    return (
      <form class="form narrow" noValidate autocomplete="off" data-testid="incident-step1" onSubmit={(event) => void look(event)}>
        <h2 ref={heading} tabIndex={-1}>
          {i.step1}
        </h2>
        <Choices legend={i.target}>
          {kinds.map((it) => (
            <Tick
              key={it}
              name="target-kind"
              label={me?.organisation.kind === "partner" && it === "partner" ? i.targets.tenant : i.targets[it]}
              checked={kind === it}
              testid={`target-${it}`}
              onTick={() => {
                setKind(it);
                setId("");
              }}
            />
          ))}
        </Choices>
        <TargetPicker choices={choices} value={chosen} onValue={setId} />
        <Select label={i.reason} value={reason} onValue={(value) => setReason(value as Reason)} testid="incident-reason" options={REASONS.map((it) => ({ value: it, text: i.reasons[it] }))} />
        <Field label={i.note} help={i.noteHelp} rows={3} maxLength={1000} value={note} onValue={setNote} testid="incident-note" />
        <Fault failure={deed.failure} />
        <div class="buttons">
          <button type="button" class="btn" onClick={() => onClose(false)}>
            {t.common.cancel}
          </button>
          <button type="submit" class="btn btn-primary" data-testid="incident-look" disabled={deed.busy || chosen === ""}>
            {i.look}
          </button>
        </div>
      </form>
    );
  }
  return (
    <form class="form narrow" noValidate autocomplete="off" data-testid="incident-step2" onSubmit={(event) => void freeze(event)}>
      <h2 ref={heading} tabIndex={-1}>
        {i.step2}
      </h2>
      <p>
        <strong>
          {i.targets[kind]}: <Plain text={targetName(office, target)} />
        </strong>{" "}
        <code class="id">{<Plain text={chosen} />}</code>
      </p>
      <div class="warn-box" role="alert" data-testid="touches">
        <strong>{i.touches(f.number(impact.live_calls))}</strong>
        <br />
        {kind === "tenant" ? i.selfWarn : i.warn}
      </div>
      <dl class="tiles">
        <div class="tile">
          <dt>{i.live}</dt>
          <dd class="tile-value tabular">{f.number(impact.live_calls)}</dd>
        </div>
        <div class="tile">
          <dt>{i.customers}</dt>
          <dd class="tile-value tabular">{f.number(impact.affected_customers)}</dd>
        </div>
        <div class="tile">
          <dt>{i.online}</dt>
          <dd class="tile-value tabular">{f.number(impact.people_online)}</dd>
        </div>
      </dl>
      <Field label={i.typeId} value={typed} onValue={setTyped} testid="incident-typed" maxLength={128} />
      <Fault failure={deed.failure} />
      <div class="buttons">
        <button type="button" class="btn" data-testid="incident-back" onClick={() => setImpact(null)}>
          {i.back}
        </button>
        <button type="submit" class="btn btn-danger" data-testid="incident-freeze" disabled={deed.busy || typed !== chosen}>
          {i.freeze}
        </button>
      </div>
    </form>
  );
}

interface Choice {
  value: string;
  text: string;
}

/** Targets of a kind that this page can list; an empty list means that the id is typed. */
async function choicesFor(office: ReturnType<typeof useOffice>, kind: Target["kind"]): Promise<Choice[]> {
  const me = office.me.value;
  const lang = office.lang.value;
  if (me === null) return [];
  const self = [{ value: me.organisation.id, text: pick(me.organisation.name, lang) }];
  if (kind === "tenant" || (kind === "partner" && me.organisation.kind === "partner")) return self;
  if (kind === "person") return [...office.names.value].map(([value, name]) => ({ value, text: pick(name, lang) }));
  if (kind === "issuer") return office.may("issuers", "view") ? (await office.org.issuers()).map((issuer) => ({ value: issuer.id, text: issuer.url })) : [];
  if (!office.may("delegations", "view")) return [];
  const partners = new Map((await office.org.delegations()).map((it) => [it.partner, pick(it.partner_name, lang)] as const));
  return [...partners].map(([value, text]) => ({ value, text }));
}

function TargetPicker({ choices, value, onValue }: { choices: Loaded<Choice[]>; value: string; onValue: (id: string) => void }): JSX.Element {
  const i = useOffice().texts.value.incidents;
  return (
    <Ready of={choices}>
      {(list) =>
        list.length === 0 ? (
          <Field label={i.which} value={value} onValue={onValue} testid="incident-id" maxLength={128} />
        ) : (
          <Select label={i.which} value={value} onValue={onValue} testid="incident-id" options={list.map((it) => ({ value: it.value, text: it.text === it.value ? it.text : `${it.text} (${it.value})` }))} />
        )
      }
    </Ready>
  );
}
