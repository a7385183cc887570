import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { readJwks } from "../core/jwk.ts";
import { SCOPES, type Scope } from "../core/rights.ts";
import { plain } from "../core/text.ts";
import type { Machine, NewMachine } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog, Once } from "./dialogs.tsx";
import { Choices, Field, Plain, Ready, Status, Table, Tick } from "./parts.tsx";

type Open = { what: "new" } | { what: "secret"; value: string } | { what: "remove"; machine: Machine } | null;

export function MachinesPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const m = t.machines;
  const f = office.format.value;
  const machines = useLoad(() => office.org.machines());
  const [open, setOpen] = useState<Open>(null);
  const state = (machine: Machine): JSX.Element => {
    if (machine.status !== "active") return <Status shape="struck" tone="unreachable" word={m.revoked} />;
    return machine.expires_at <= office.now() ? <Status shape="clock" tone="waiting" word={t.delegations.past} /> : <Status shape="closed" tone="verified" word={m.active} />;
  };
  return (
    <>
      <div class="page-tools">
        <p class="muted">{m.lead}</p>
        {office.may("machines", "change") && (
          <button type="button" class="btn btn-primary" data-testid="machine-new" onClick={() => setOpen({ what: "new" })}>
            {m.create}
          </button>
        )}
      </div>
      <Ready of={machines}>
        {(list) => (
          <Table<Machine>
            caption={t.pages.machines}
            testid="machine-table"
            empty={t.common.none}
            rows={list}
            id={(machine) => machine.id}
            columns={[
              {
                head: t.common.name,
                main: true,
                cell: (machine) => (
                  <>
                    <Plain text={machine.name} />
                    <div class="small muted">{m.kinds[machine.kind]}</div>
                  </>
                ),
              },
              { head: m.scopes, cell: (machine) => machine.scopes.map((scope) => <div key={scope}>{m.scopeNames[scope]}</div>) },
              { head: t.common.status, cell: state },
              { head: t.common.expires, cell: (machine) => <span class="tabular">{f.brief(machine.expires_at)}</span> },
              { head: m.lastUsed, cell: (machine) => <span class="tabular">{machine.last_used_at === null ? t.common.never : f.brief(machine.last_used_at)}</span> },
              {
                head: t.common.actions,
                cell: (machine) =>
                  office.may("machines", "delete") && machine.status === "active" ? (
                    <button type="button" class="btn btn-small" data-testid="machine-remove" aria-label={`${t.delegations.end}: ${plain(machine.name)}`} onClick={() => setOpen({ what: "remove", machine })}>
                      {t.delegations.end}
                    </button>
                  ) : (
                    "–"
                  ),
              },
            ]}
          />
        )}
      </Ready>
      {open?.what === "new" && (
        <MachineDialog
          onClose={() => setOpen(null)}
          onMade={(secret) => {
            void machines.reload();
            setOpen(secret === undefined ? null : { what: "secret", value: secret });
          }}
        />
      )}
      {open?.what === "secret" && <Once title={m.keyTitle} label={m.kinds.api_key} note={m.keyNote} value={open.value} onClose={() => setOpen(null)} />}
      {open?.what === "remove" && (
        <Confirm title={m.removeTitle} note={m.removeNote} submit={t.delegations.end} deed={() => office.org.removeMachine(open.machine.id)} onClose={() => setOpen(null)} onDone={() => void machines.reload()}>
          <p>
            <strong>
              <Plain text={open.machine.name} />
            </strong>
          </p>
        </Confirm>
      )}
    </>
  );
}

function MachineDialog({ onClose, onMade }: { onClose: () => void; onMade: (secret: string | undefined) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const m = t.machines;
  const [form, setForm] = useState<NewMachine>({ kind: "api_key", name: "", label: { ja: "", en: "" }, scopes: ["verifications:start"], expires_in_days: 90 });
  const [days, setDays] = useState("90");
  const [jwks, setJwks] = useState("");
  const made = useRef<string | undefined>(undefined);
  const keys = form.kind === "client" ? readJwks(jwks) : null;
  const lifetime = /^\d{1,3}$/.test(days) ? Number(days) : 0;
  const ready = form.name.trim() !== "" && form.label.ja.trim() !== "" && form.label.en.trim() !== "" && form.scopes.length > 0 && lifetime >= 1 && lifetime <= 365 && (form.kind === "api_key" || keys !== null);
  const scope = (it: Scope, on: boolean): void => setForm({ ...form, scopes: on ? [...form.scopes, it] : form.scopes.filter((s) => s !== it) });
  return (
    <FormDialog
      title={m.create}
      testid="machine-dialog"
      submit={t.common.add}
      ready={ready}
      deed={async () => {
        made.current = (await office.org.addMachine({ ...form, expires_in_days: lifetime, ...(keys === null ? {} : { jwks: keys }) })).secret;
      }}
      onClose={onClose}
      onDone={() => onMade(made.current)}
    >
      <Choices legend={m.kind}>
        {(["api_key", "client"] as const).map((kind) => (
          <Tick key={kind} name="machine-kind" label={m.kinds[kind]} checked={form.kind === kind} testid={`kind-${kind}`} onTick={() => setForm({ ...form, kind })} />
        ))}
      </Choices>
      <Field label={t.common.name} help={m.nameHelp} value={form.name} onValue={(name) => setForm({ ...form, name })} testid="machine-name" />
      <div class="two">
        <Field label={`${m.label} (ja)`} help={t.people.labelHelp} value={form.label.ja} onValue={(ja) => setForm({ ...form, label: { ...form.label, ja } })} testid="machine-ja" />
        <Field label={`${m.label} (en)`} value={form.label.en} onValue={(en) => setForm({ ...form, label: { ...form.label, en } })} testid="machine-en" />
      </div>
      <Choices legend={m.scopes}>
        {SCOPES.map((it) => (
          <Tick key={it} label={m.scopeNames[it]} checked={form.scopes.includes(it)} testid={`scope-${it}`} onTick={(on) => scope(it, on)} />
        ))}
      </Choices>
      <Field label={m.lifetime} tail={m.lifetimeTail} numeric value={days} onValue={setDays} testid="machine-days" maxLength={3} />
      {form.kind === "client" && <Field label={m.jwks} help={m.jwksHelp} error={jwks !== "" && keys === null ? m.jwksBad : null} rows={6} maxLength={8000} value={jwks} onValue={setJwks} testid="machine-jwks" />}
    </FormDialog>
  );
}
