import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Role } from "../core/rights.ts";
import { plain } from "../core/text.ts";
import { pick } from "@honnin/kit";
import { useLoad, useOffice } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { Named, Ready, Section, Table } from "./parts.tsx";

/** One thing to take away: a role, or, without one, the person. */
const keyOf = (person: string, role?: Role): string => JSON.stringify(role === undefined ? { person } : { person, role });

export function ReviewPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const r = t.review;
  const f = office.format.value;
  const lang = office.lang.value;
  const review = useLoad(() => office.org.review());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const self = office.me.value?.person.id;
  const able = office.may("people", "delete");
  const tick = (key: string, label: string): JSX.Element => (
    <label class="tick">
      <input
        type="checkbox"
        aria-label={`${r.select}: ${plain(label)}`}
        checked={chosen.has(key)}
        onChange={(event) => {
          const next = new Set(chosen);
          if (event.currentTarget.checked) next.add(key);
          else next.delete(key);
          setChosen(next);
        }}
      />
    </label>
  );
  return (
    <>
      <p class="muted">{r.lead}</p>
      <Ready of={review}>
        {(data) => (
          <div class="stack">
            <Section title={r.unused} lead={r.days(f.number(data.days))} testid="unused">
              <Table
                caption={r.unused}
                empty={r.unusedNone}
                rows={data.unused_rights}
                id={(row) => keyOf(row.person, row.role)}
                columns={[
                  { head: r.select, cell: (row) => (able && row.person !== self ? tick(keyOf(row.person, row.role), `${pick(row.name, lang)} ${t.roles[row.role]}`) : "–") },
                  { head: t.common.name, main: true, cell: (row) => <Named name={row.name} /> },
                  { head: t.people.role, cell: (row) => t.roles[row.role] },
                  { head: r.granted, cell: (row) => f.brief(row.granted_at) },
                  { head: r.lastUsed, cell: (row) => (row.last_used_at === null ? t.common.never : f.brief(row.last_used_at)) },
                ]}
              />
            </Section>
            <Section title={r.dormant} lead={r.days(f.number(data.days))} testid="dormant">
              <Table
                caption={r.dormant}
                empty={r.dormantNone}
                rows={data.dormant}
                id={(row) => keyOf(row.person)}
                columns={[
                  { head: r.select, cell: (row) => (able && row.person !== self ? tick(keyOf(row.person), pick(row.name, lang)) : "–") },
                  { head: t.common.name, main: true, cell: (row) => <Named name={row.name} /> },
                  { head: t.common.created, cell: (row) => f.brief(row.created_at) },
                  { head: t.people.lastLogin, cell: (row) => (row.last_login_at === null ? r.neverIn : f.brief(row.last_login_at)) },
                ]}
              />
            </Section>
            {able && (
              <div class="buttons">
                <button type="button" class="btn btn-primary" data-testid="review-remove" disabled={chosen.size === 0} onClick={() => setAsking(true)}>
                  {r.button(f.number(chosen.size))}
                </button>
              </div>
            )}
          </div>
        )}
      </Ready>
      {asking && (
        <Confirm
          title={r.ask}
          note={r.note}
          submit={r.button(f.number(chosen.size))}
          deed={() => office.org.removeReviewed([...chosen].map((key) => JSON.parse(key) as { person: string; role?: Role }))}
          onClose={() => setAsking(false)}
          onDone={() => {
            setChosen(new Set());
            void review.reload();
          }}
        />
      )}
    </>
  );
}
