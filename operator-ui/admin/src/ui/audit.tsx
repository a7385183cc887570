import { pick, Seal, type SealShape } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import type { AuditFilter } from "../core/api.ts";
import { dayEnd, dayStart } from "../core/dates.ts";
import { plain } from "../core/text.ts";
import { ALERT_KINDS, type AlertKind, type AuditEvent } from "../core/types.ts";
import { useDeed, useLoad, useOffice } from "./context.ts";
import { Fault, Field, Json, Plain, Ready, Section, Select, Table, Tick, Who, type Tone } from "./parts.tsx";

const SHAPES: Readonly<Record<AlertKind, readonly [SealShape, Tone]>> = {
  "odd-hours": ["clock", "waiting"],
  burst: ["open", "waiting"],
  "many-customers": ["dashed", "waiting"],
  "repeated-refusals": ["octagon", "refused"],
  "log-viewed": ["struck", "unreachable"],
  reported: ["octagon", "refused"],
  "customer-frozen": ["struck", "refused"],
  "key-age": ["clock", "unreachable"],
  incident: ["octagon", "refused"],
};

const known = (flag: string): flag is AlertKind => (ALERT_KINDS as readonly string[]).includes(flag);

/** A flag or alert kind as a shape and a word; one that this page does not know stands as it came. */
export function FlagMark({ flag }: { flag: string }): JSX.Element {
  const t = useOffice().texts.value;
  const [shape, tone] = known(flag) ? SHAPES[flag] : (["dashed", "unreachable"] as const);
  return (
    <span class={`state ink-${tone}`} data-flag={flag}>
      <Seal shape={shape} size={18} />
      {known(flag) ? t.flags[flag] : <Plain text={flag} />}
    </span>
  );
}

interface Form {
  from: string;
  to: string;
  kind: string;
  person: string;
  verification: string;
  suspicious: boolean;
}

const EMPTY: Form = { from: "", to: "", kind: "", person: "", verification: "", suspicious: false };

function filterOf(form: Form, zone: string): AuditFilter {
  const set = (text: string): string | undefined => (text.trim() === "" ? undefined : text.trim());
  return {
    from: dayStart(form.from, zone) ?? undefined,
    to: dayEnd(form.to, zone) ?? undefined,
    kind: set(form.kind),
    person: set(form.person),
    verification: set(form.verification),
    suspicious: form.suspicious,
  };
}

export function AuditPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const a = t.audit;
  const zone = office.zone.value;
  const [form, setForm] = useState<Form>(EMPTY);
  const [filter, setFilter] = useState<AuditFilter>({});
  const [more, setMore] = useState<readonly AuditEvent[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const deed = useDeed();
  const found = useLoad(async () => {
    const page = await office.org.audit(filter, null);
    setMore([]);
    setCursor(page.cursor);
    return page;
  }, JSON.stringify(filter));
  const search = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const next = filterOf(form, zone);
    if (JSON.stringify(next) === JSON.stringify(filter)) void found.reload();
    else setFilter(next);
  };
  const next = (): Promise<boolean> =>
    deed.run(async () => {
      const page = await office.org.audit(filter, cursor);
      setMore((was) => [...was, ...page.events]);
      setCursor(page.cursor);
    });
  const people = [...office.names.value].map(([id, name]) => ({ value: id, text: pick(name, office.lang.value) }));
  const events = found.data === null ? [] : [...found.data.events, ...more];
  const kinds = [...new Set(events.map((event) => event.kind))].filter((kind) => plain(kind) === kind);
  return (
    <div class="stack">
      <p class="muted">{a.lead}</p>
      <form class="filters" noValidate autocomplete="off" data-testid="audit-filters" onSubmit={search}>
        <Field label={a.from} type="date" value={form.from} onValue={(from) => setForm({ ...form, from })} testid="audit-from" />
        <Field label={a.to} type="date" value={form.to} onValue={(to) => setForm({ ...form, to })} testid="audit-to" />
        <Field label={a.kind} help={a.kindHelp} value={form.kind} list={kinds} onValue={(kind) => setForm({ ...form, kind })} testid="audit-kind" maxLength={64} />
        {people.length > 0 ? (
          <Select label={a.person} value={form.person} onValue={(person) => setForm({ ...form, person })} testid="audit-person" options={[{ value: "", text: a.anyone }, ...people]} />
        ) : (
          <Field label={a.person} value={form.person} onValue={(person) => setForm({ ...form, person })} testid="audit-person" maxLength={64} />
        )}
        <Field label={a.verification} value={form.verification} onValue={(verification) => setForm({ ...form, verification })} testid="audit-verification" maxLength={64} />
        <div class="filter-end">
          <Tick label={a.suspicious} checked={form.suspicious} onTick={(suspicious) => setForm({ ...form, suspicious })} testid="audit-suspicious" />
          <button type="submit" class="btn btn-primary" data-testid="audit-search">
            {a.search}
          </button>
        </div>
      </form>
      <Section title={a.searched} lead={t.common.zone(zone)} testid="audit-results">
        <Ready of={found}>{() => <Events events={events} />}</Ready>
        <Fault failure={deed.failure} />
        {cursor !== null && (
          <div class="buttons">
            <button type="button" class="btn" data-testid="audit-more" disabled={deed.busy} onClick={() => void next()}>
              {t.common.more}
            </button>
          </div>
        )}
      </Section>
      <Section title={a.export} lead={a.exportNote} testid="audit-export">
        <div class="buttons">
          <a class="btn" download href={office.org.auditExport(filter, "csv")} data-testid="export-csv">
            {a.csv}
          </a>
          <a class="btn" download href={office.org.auditExport(filter, "jsonl")} data-testid="export-jsonl">
            {a.jsonl}
          </a>
          <a class="btn" download href={office.org.auditBundle} data-testid="export-bundle">
            {a.bundle}
          </a>
        </div>
      </Section>
      <Verify />
    </div>
  );
}

function Events({ events }: { events: readonly AuditEvent[] }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const a = t.audit;
  const f = office.format.value;
  return (
    <Table<AuditEvent>
      caption={a.searched}
      testid="audit-table"
      empty={a.empty}
      rows={events}
      id={(event) => String(event.index)}
      columns={[
        { head: a.index, number: true, cell: (event) => f.number(event.index) },
        { head: a.at, cell: (event) => <span class="tabular">{f.brief(event.at)}</span> },
        { head: a.event, main: true, cell: (event) => <Plain text={event.kind} /> },
        { head: a.who, cell: (event) => <Who id={event.person} /> },
        { head: a.flags, cell: (event) => (event.flags.length === 0 ? <span class="muted">{a.noFlags}</span> : event.flags.map((flag) => <FlagMark key={flag} flag={flag} />)) },
        {
          head: a.data,
          cell: (event) => (
            <details>
              <summary>
                {t.common.show}
                <span class="visually-hidden"> {f.number(event.index)}</span>
              </summary>
              <Json value={event.data} />
              {event.verification !== null && (
                <p class="small">
                  <a download href={office.org.receipt(event.verification)} title={a.receiptNote}>
                    {a.receipt} {plain(event.verification)}
                  </a>
                </p>
              )}
            </details>
          ),
        },
      ]}
    />
  );
}

function Verify(): JSX.Element {
  const office = useOffice();
  const a = office.texts.value.audit;
  const [shown, setShown] = useState(false);
  return (
    <Section title={a.verify} lead={a.verifyLead} testid="audit-verify">
      <ol class="steps-list">
        {a.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <h3>{a.checkpoint}</h3>
      {shown ? (
        <Checkpoint />
      ) : (
        <button type="button" class="btn" data-testid="checkpoint-show" onClick={() => setShown(true)}>
          {a.checkpointShow}
        </button>
      )}
    </Section>
  );
}

function Checkpoint(): JSX.Element {
  const office = useOffice();
  const checkpoint = useLoad(() => office.org.checkpoint());
  return (
    <Ready of={checkpoint}>
      {(text) => (
        <pre class="json" tabIndex={0} data-testid="checkpoint">
          {text.split("\n").map((line, i) => (
            <span key={i} class="line">
              <Plain text={line} />
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </Ready>
  );
}
