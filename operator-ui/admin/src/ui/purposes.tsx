import { pick } from "@honnin/kit";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { asksHolder } from "../core/policy.ts";
import { plain } from "../core/text.ts";
import type { Policy, Purpose } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog } from "./dialogs.tsx";
import { Choices, Field, Named, Plain, Ready, Section, Select, Table, Tick } from "./parts.tsx";

/** Which policy each purpose needs. */
export function Purposes({ policies }: { policies: readonly Policy[] }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const p = t.policies;
  const purposes = useLoad(() => office.org.purposes());
  const [editing, setEditing] = useState<Purpose | "new" | null>(null);
  const [removing, setRemoving] = useState<Purpose | null>(null);
  const change = office.may("policies", "change");
  const nameOf = (id: string): JSX.Element => {
    const policy = policies.find((it) => it.id === id);
    return policy === undefined ? <Plain text={id} /> : <Named name={policy.name} />;
  };
  return (
    <Section
      title={p.purposes}
      lead={p.purposesLead}
      testid="purposes"
      actions={
        change && (
          <button type="button" class="btn" data-testid="purpose-new" onClick={() => setEditing("new")}>
            {p.addPurpose}
          </button>
        )
      }
    >
      <Ready of={purposes}>
        {(list) => (
          <Table
            caption={p.purposes}
            empty={p.noPurpose}
            rows={list}
            id={(purpose) => purpose.code}
            testid="purpose-table"
            columns={[
              { head: t.common.name, main: true, cell: (purpose) => <Named name={purpose} /> },
              { head: p.code, cell: (purpose) => <code class="id">{<Plain text={purpose.code} />}</code> },
              { head: p.kind, cell: (purpose) => p.kinds[purpose.kind ?? "any"] },
              { head: p.policy, cell: (purpose) => nameOf(purpose.policy) },
              {
                head: t.common.actions,
                cell: (purpose) => (
                  <span class="buttons">
                    {change && (
                      <button type="button" class="btn btn-small" aria-label={`${t.common.edit}: ${plain(pick(purpose, office.lang.value))}`} data-testid="purpose-edit" onClick={() => setEditing(purpose)}>
                        {t.common.edit}
                      </button>
                    )}
                    {office.may("policies", "delete") && (
                      <button type="button" class="btn btn-small" aria-label={`${t.common.remove}: ${plain(pick(purpose, office.lang.value))}`} onClick={() => setRemoving(purpose)}>
                        {t.common.remove}
                      </button>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Ready>
      {editing !== null && <PurposeDialog purpose={editing === "new" ? null : editing} policies={policies.filter((policy) => policy.current !== null)} onClose={() => setEditing(null)} onDone={() => void purposes.reload()} />}
      {removing !== null && (
        <Confirm title={p.removePurpose} note={plain(pick(removing, office.lang.value))} submit={t.common.remove} deed={() => office.org.removePurpose(removing.code)} onClose={() => setRemoving(null)} onDone={() => void purposes.reload()} />
      )}
    </Section>
  );
}

function PurposeDialog(props: { purpose: Purpose | null; policies: readonly Policy[]; onClose: () => void; onDone: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const p = t.policies;
  const [form, setForm] = useState<Purpose>(props.purpose ?? { code: "", ja: "", en: "", policy: props.policies[0]?.id ?? "" });
  // The server takes no other: a prospect has no handle to compare with, and every customer has.
  const fitting = props.policies.filter((policy) => {
    const current = policy.versions.find((it) => it.version === policy.current);
    return current !== undefined && asksHolder(current.document) === ((form.kind ?? null) === null);
  });
  const policy = fitting.some((it) => it.id === form.policy) ? form.policy : (fitting[0]?.id ?? "");
  const ready = policy !== "" && /^[A-Za-z0-9._-]{1,64}$/.test(form.code) && form.ja.trim() !== "" && form.en.trim() !== "";
  return (
    <FormDialog title={props.purpose === null ? p.addPurpose : p.editPurpose} testid="purpose-dialog" submit={t.common.save} ready={ready} deed={() => office.org.savePurpose({ ...form, policy })} onClose={props.onClose} onDone={props.onDone}>
      <Field label={p.code} help={p.idHelp} value={form.code} disabled={props.purpose !== null} onValue={(code) => setForm({ ...form, code })} testid="purpose-code" maxLength={64} />
      <Field label={t.common.nameJa} value={form.ja} onValue={(ja) => setForm({ ...form, ja })} testid="purpose-ja" />
      <Field label={t.common.nameEn} value={form.en} onValue={(en) => setForm({ ...form, en })} testid="purpose-en" />
      <Choices legend={p.kind}>
        {(["any", "eligibility"] as const).map((kind) => (
          <Tick key={kind} name="purpose-kind" label={p.kinds[kind]} note={p.kindNotes[kind]} checked={(form.kind ?? "any") === kind} onTick={() => setForm({ ...form, kind: kind === "any" ? null : kind })} testid={`purpose-kind-${kind}`} />
        ))}
      </Choices>
      <Select label={p.policy} value={policy} onValue={(chosen) => setForm({ ...form, policy: chosen })} testid="purpose-policy" options={fitting.map((policy) => ({ value: policy.id, text: pick(policy.name, office.lang.value) }))} />
      {fitting.length === 0 && (
        <p class="field-error" role="alert" data-testid="purpose-no-policy">
          {p.kindNone}
        </p>
      )}
    </FormDialog>
  );
}
