import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { mayFind } from "../core/rights.ts";
import type { FrozenCustomer } from "../core/types.ts";
import { useDeed, useLoad, useOffice } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { Found } from "./found.tsx";
import { Done, Fault, Field, Json, Plain, Ready, Section, Table } from "./parts.tsx";

/** By handle only, and the handle goes in the body, never into an address. */
export function CustomersPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const c = t.customers;
  const f = office.format.value;
  const [handle, setHandle] = useState("");
  const [empty, setEmpty] = useState(false);
  const [exported, setExported] = useState<unknown>(null);
  const [erasing, setErasing] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const deed = useDeed();
  const wanted = handle.trim();
  const asked = (): boolean => {
    setDone(null);
    setEmpty(wanted === "");
    return wanted !== "";
  };
  const exportAll = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setExported(null);
    if (!asked()) return;
    await deed.run(async () => setExported(await office.org.exportCustomer(wanted)));
  };
  return (
    <div class="stack">
      {office.may("customers", "view") && <p class="muted">{c.lead}</p>}
      {office.may("customers", "change") && (
        <form class="form narrow" noValidate autocomplete="off" onSubmit={(event) => void exportAll(event)}>
          <Field
            label={c.handle}
            help={c.handleHelp}
            value={handle}
            error={empty ? c.empty : null}
            maxLength={128}
            testid="customer-handle"
            onValue={(value) => {
              setHandle(value);
              setEmpty(false);
              setExported(null);
            }}
          />
          <Fault failure={deed.failure} />
          <div class="buttons">
            <button type="submit" class="btn btn-primary" data-testid="customer-export" disabled={deed.busy}>
              {c.export}
            </button>
            {office.may("customers", "delete") && (
              <button type="button" class="btn btn-danger" data-testid="customer-erase" disabled={deed.busy} onClick={() => asked() && setErasing(true)}>
                {c.erase}
              </button>
            )}
          </div>
        </form>
      )}
      <Done text={done} />
      {exported !== null && <Exported value={exported} />}
      {office.may("customers", "view") && <Frozen />}
      {mayFind(office.me.value?.person.roles ?? []) && <Found />}
      {erasing && (
        <Erase
          handle={wanted}
          onClose={() => setErasing(false)}
          onErased={(devices, verifications) => {
            setDone(c.erased(f.number(devices), f.number(verifications)));
            setHandle("");
            setExported(null);
          }}
        />
      )}
    </div>
  );
}

function Erase({ handle, onClose, onErased }: { handle: string; onClose: () => void; onErased: (devices: number, verifications: number) => void }): JSX.Element {
  const office = useOffice();
  const c = office.texts.value.customers;
  const result = useRef({ devices: 0, verifications: 0 });
  return (
    <Confirm
      title={c.eraseTitle}
      note={c.eraseNote}
      submit={c.erase}
      typed={handle}
      typedLabel={c.eraseType}
      deed={async () => {
        result.current = await office.org.eraseCustomer(handle);
      }}
      onClose={onClose}
      onDone={() => onErased(result.current.devices, result.current.verifications)}
    />
  );
}

/** Everything stored about the customer; saving makes a file here, without another call. */
function Exported({ value }: { value: unknown }): JSX.Element {
  const t = useOffice().texts.value;
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [value]);
  return (
    <Section title={t.customers.exported} testid="exported">
      <Json value={value} testid="exported-json" />
      {url !== null && (
        <div class="buttons">
          <a class="btn" href={url} download="customer.json">
            {t.common.download}
          </a>
        </div>
      )}
    </Section>
  );
}

function Frozen(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const c = t.customers;
  const f = office.format.value;
  const frozen = useLoad(() => office.org.frozen());
  const deed = useDeed();
  const release = async (customer: FrozenCustomer): Promise<void> => {
    if (await deed.run(() => office.org.release(customer.id))) await frozen.reload();
  };
  return (
    <Section title={c.frozen} lead={c.frozenLead} testid="frozen">
      <Fault failure={deed.failure} />
      <Ready of={frozen}>
        {(list) => (
          <Table<FrozenCustomer>
            caption={c.frozen}
            empty={c.frozenNone}
            rows={list}
            id={(customer) => customer.id}
            columns={[
              { head: c.customer, main: true, cell: (customer) => <code class="id">{<Plain text={customer.id} />}</code> },
              { head: c.since, cell: (customer) => <span class="tabular">{f.moment(customer.since)}</span> },
              { head: c.until, cell: (customer) => <span class="tabular">{customer.until === null ? c.open : f.moment(customer.until)}</span> },
              { head: c.refusals, number: true, cell: (customer) => f.number(customer.refusals) },
              {
                head: t.common.actions,
                cell: (customer) =>
                  office.may("customers", "change") ? (
                    <button type="button" class="btn btn-small" data-testid="release" aria-label={`${c.release}: ${customer.id}`} disabled={deed.busy} onClick={() => void release(customer)}>
                      {c.release}
                    </button>
                  ) : (
                    "–"
                  ),
              },
            ]}
          />
        )}
      </Ready>
    </Section>
  );
}
