import { pick } from "@honnin/kit";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { dayEnd, dayOf, DAY_MS, dayStart } from "../core/dates.ts";
import { plain } from "../core/text.ts";
import type { Delegation } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog } from "./dialogs.tsx";
import { Choices, Field, Named, Plain, Ready, Status, Table, Tick } from "./parts.tsx";

export function DelegationsPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const d = t.delegations;
  const f = office.format.value;
  const gives = office.me.value?.organisation.kind === "tenant";
  const delegations = useLoad(() => office.org.delegations());
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Delegation | null>(null);
  const state = (it: Delegation): JSX.Element => {
    const now = office.now();
    if (it.status === "ended") return <Status shape="struck" tone="unreachable" word={d.ended} />;
    if (it.status === "frozen") return <Status shape="octagon" tone="refused" word={d.frozen} />;
    if (now < it.not_before) return <Status shape="open" tone="waiting" word={d.future} />;
    return now >= it.not_after ? <Status shape="clock" tone="unreachable" word={d.past} /> : <Status shape="closed" tone="verified" word={d.active} />;
  };
  const other = (it: Delegation): Delegation["tenant_name"] => (gives ? it.partner_name : it.tenant_name);
  return (
    <>
      <div class="page-tools">
        <p class="muted">{gives ? d.leadTenant : d.leadPartner}</p>
        {gives && office.may("delegations", "change") && (
          <button type="button" class="btn btn-primary" data-testid="delegation-new" onClick={() => setAdding(true)}>
            {d.create}
          </button>
        )}
      </div>
      <Ready of={delegations}>
        {(list) => (
          <Table<Delegation>
            caption={gives ? d.given : d.received}
            testid="delegation-table"
            empty={d.none}
            rows={list}
            id={(it) => it.id}
            columns={[
              {
                head: gives ? d.partner : d.tenant,
                main: true,
                cell: (it) => (
                  <>
                    <Named name={other(it)} />
                    <div class="small">
                      <code class="id">{<Plain text={gives ? it.partner : it.tenant} />}</code>
                    </div>
                  </>
                ),
              },
              { head: d.purposes, cell: (it) => <Plain text={it.purposes.join(", ")} /> },
              { head: d.from, cell: (it) => <span class="tabular">{f.day(it.not_before)}</span> },
              { head: d.to, cell: (it) => <span class="tabular">{f.day(it.not_after - 1)}</span> },
              { head: t.common.status, cell: state },
              {
                head: t.common.actions,
                cell: (it) =>
                  gives && it.status !== "ended" && office.may("delegations", "delete") ? (
                    <button type="button" class="btn btn-small" data-testid="delegation-end" aria-label={`${d.end}: ${plain(pick(other(it), office.lang.value))}`} onClick={() => setEnding(it)}>
                      {d.end}
                    </button>
                  ) : (
                    "–"
                  ),
              },
            ]}
          />
        )}
      </Ready>
      {adding && <DelegationDialog onClose={() => setAdding(false)} onDone={() => void delegations.reload()} />}
      {ending !== null && (
        <Confirm title={d.endTitle} note={d.endNote} submit={d.end} deed={() => office.org.endDelegation(ending.id)} onClose={() => setEnding(null)} onDone={() => void delegations.reload()}>
          <p>
            <strong>
              <Named name={other(ending)} />
            </strong>
          </p>
        </Confirm>
      )}
    </>
  );
}

function DelegationDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const d = t.delegations;
  const zone = office.zone.value;
  const purposes = useLoad(() => office.org.purposes());
  const [partner, setPartner] = useState("");
  const [codes, setCodes] = useState<string[]>([]);
  const [from, setFrom] = useState(dayOf(office.now(), zone));
  const [to, setTo] = useState(dayOf(office.now() + 365 * DAY_MS, zone));
  const begins = dayStart(from, zone);
  const ends = dayEnd(to, zone);
  const ordered = begins !== null && ends !== null && begins < ends;
  return (
    <FormDialog
      title={d.create}
      testid="delegation-dialog"
      submit={t.common.add}
      ready={partner.trim() !== "" && codes.length > 0 && ordered}
      deed={async () => {
        if (begins !== null && ends !== null) await office.org.delegate({ partner: partner.trim(), purposes: codes, not_before: begins, not_after: ends });
      }}
      onClose={onClose}
      onDone={onDone}
    >
      <Field label={d.partner} help={d.partnerHelp} value={partner} onValue={setPartner} testid="delegation-partner" maxLength={64} />
      <Ready of={purposes}>
        {(list) => (
          <Choices legend={d.purposes}>
            {list.map((purpose) => (
              <Tick
                key={purpose.code}
                label={<Named name={purpose} />}
                checked={codes.includes(purpose.code)}
                testid={`delegate-${purpose.code}`}
                onTick={(on) => setCodes(on ? [...codes, purpose.code] : codes.filter((code) => code !== purpose.code))}
              />
            ))}
          </Choices>
        )}
      </Ready>
      <div class="two">
        <Field label={d.from} type="date" value={from} onValue={setFrom} testid="delegation-from" />
        <Field label={d.to} type="date" value={to} onValue={setTo} error={ordered ? null : d.badDates} testid="delegation-to" />
      </div>
      <p class="small muted">{t.common.zone(zone)}</p>
    </FormDialog>
  );
}
