import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Key } from "../core/types.ts";
import { useOffice } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { Done, Plain, Section, Status, Table } from "./parts.tsx";

/** The key that calls are announced with: phones pin its first, and each later one is signed by the one before. */
export function AnnouncementKey({ keys, onRotated }: { keys: readonly Key[]; onRotated: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const a = t.announcement;
  const i = t.issuers;
  const f = office.format.value;
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const newest = [...keys].sort((x, y) => y.version - x.version);
  const inUse = newest[0]?.id;
  return (
    <Section
      title={a.title}
      lead={a.lead}
      testid="announcement"
      actions={
        office.may("keys", "change") && (
          <button type="button" class="btn" data-testid="announcement-rotate" onClick={() => (setDone(null), setAsking(true))}>
            {a.rotate}
          </button>
        )
      }
    >
      <Done text={done} />
      <Table<Key>
        caption={a.title}
        empty={t.common.none}
        rows={newest}
        id={(key) => key.id}
        testid="announcement-table"
        columns={[
          { head: i.thumbprint, main: true, cell: (key) => <code class="id">{<Plain text={key.id} />}</code> },
          { head: i.version, number: true, cell: (key) => f.number(key.version) },
          { head: i.made, cell: (key) => <span class="tabular">{f.brief(key.made_at)}</span> },
          { head: i.age, number: true, cell: (key) => i.ageDays(f.number(key.age_days)) },
          { head: t.common.status, cell: (key) => (key.id === inUse ? <Status shape="closed" tone="verified" word={a.inUse} /> : <Status shape="struck" tone="unreachable" word={a.earlier} />) },
        ]}
      />
      {asking && (
        <Confirm
          title={a.ask}
          note={a.note}
          submit={a.rotate}
          deed={() => office.org.rotateAnnouncement()}
          onClose={() => setAsking(false)}
          onDone={() => {
            setDone(a.done);
            onRotated();
          }}
        />
      )}
    </Section>
  );
}
