import { pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import type { Org, Settings } from "../core/types.ts";
import { useDeed, useLoad, useOffice } from "./context.ts";
import { Done, Fault, Field, Ready, Section, Select } from "./parts.tsx";
import { Fallbacks, Numbers } from "./settingsLists.tsx";

export function SettingsPage(): JSX.Element {
  const office = useOffice();
  const org = useLoad(() => office.org.org());
  const [done, setDone] = useState<string | null>(null);
  return (
    <>
      <p class="muted">{office.texts.value.settings.lead}</p>
      <Done text={done} />
      <Ready of={org}>
        {(data) => {
          const saved = (): void => {
            // The word comes with the new revision: what is typed after it is not read over.
            void org.reload().then(() => setDone(office.texts.value.common.saved));
          };
          const part = { org: data, onTouch: () => setDone(null), onSaved: saved, onReload: () => void org.reload() };
          // Each form begins anew with what the latest revision holds.
          return (
            <div class="stack" key={data.revision}>
              <SettingsForm
                org={data}
                onTouch={part.onTouch}
                onSaved={(zone) => {
                  office.zone.value = zone;
                  saved();
                }}
                onReload={part.onReload}
              />
              {data.kind === "tenant" && <Numbers {...part} />}
              {data.kind === "tenant" && <Fallbacks {...part} />}
            </div>
          );
        }}
      </Ready>
    </>
  );
}

const zones = (): string[] => (typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : []);

const whole = (text: string, from: number, to: number): number | null => (/^\d{1,6}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : null);

function knownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

function SettingsForm({ org, onSaved, onTouch, onReload }: { org: Org; onSaved: (zone: string) => void; onTouch: () => void; onReload: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const s = t.settings;
  const was = org.settings;
  const [zone, setZone] = useState(was.zone);
  const [idle, setIdle] = useState(String(was.idle_lock_s));
  const [display, setDisplay] = useState(was.display);
  const [baseline, setBaseline] = useState(String(was.baseline_s ?? ""));
  const [retention, setRetention] = useState(String(was.retention_days ?? ""));
  const [enrolment, setEnrolment] = useState(was.enrolment_policy ?? "");
  const policies = useLoad(async () => (org.kind === "tenant" && office.may("policies", "view") ? office.org.policies() : []));
  const deed = useDeed();
  const change = office.may("settings", "change");
  const tenant = org.kind === "tenant";

  const idleS = whole(idle, 10, 43_200);
  const baselineS = whole(baseline, 1, 600);
  const days = whole(retention, 30, 3650);
  const good = knownZone(zone) && idleS !== null && (!tenant || (baselineS !== null && days !== null && display !== undefined));
  const save = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (!good || idleS === null) return;
    const own: Partial<Settings> = tenant && baselineS !== null && days !== null && display !== undefined ? { display, baseline_s: baselineS, retention_days: days, enrolment_policy: enrolment } : {};
    if (await deed.run(() => office.org.saveSettings({ ...was, zone, idle_lock_s: idleS, ...own }, org.revision))) onSaved(zone);
  };
  return (
    <form class="form narrow" noValidate autocomplete="off" data-testid="settings-form" onSubmit={(event) => void save(event)} onInput={onTouch}>
      {display !== undefined && (
        <Section title={s.display} lead={s.displayLead}>
          <div class="two">
            <Field label={`${s.trade} (ja)`} value={display.name.ja} disabled={!change} onValue={(ja) => setDisplay({ ...display, name: { ...display.name, ja } })} testid="trade-ja" />
            <Field label={`${s.trade} (en)`} value={display.name.en} disabled={!change} onValue={(en) => setDisplay({ ...display, name: { ...display.name, en } })} />
            <Field label={`${s.desk} (ja)`} value={display.desk.ja} disabled={!change} onValue={(ja) => setDisplay({ ...display, desk: { ...display.desk, ja } })} />
            <Field label={`${s.desk} (en)`} value={display.desk.en} disabled={!change} onValue={(en) => setDisplay({ ...display, desk: { ...display.desk, en } })} />
            <Field label={s.number} value={display.number} disabled={!change} onValue={(number) => setDisplay({ ...display, number })} />
          </div>
        </Section>
      )}
      <Section title={s.work}>
        <Field label={s.zone} help={s.zoneHelp} value={zone} list={zones()} disabled={!change} onValue={setZone} error={knownZone(zone) ? null : s.bad} testid="zone" maxLength={64} />
        <Field label={s.idle} tail={s.idleTail} numeric value={idle} disabled={!change} onValue={setIdle} error={idleS === null ? s.bad : null} testid="idle" maxLength={5} />
        {tenant && (
          <>
            <Field label={s.baseline} tail={s.baselineTail} help={s.baselineHelp} numeric value={baseline} disabled={!change} onValue={setBaseline} error={baselineS === null ? s.bad : null} testid="baseline" maxLength={3} />
            <Field label={s.retention} tail={s.retentionTail} help={s.retentionHelp} numeric value={retention} disabled={!change} onValue={setRetention} error={days === null ? s.bad : null} testid="retention" maxLength={4} />
            {(policies.data ?? []).length > 0 ? (
              <Select
                label={s.enrolment}
                value={enrolment}
                disabled={!change}
                onValue={setEnrolment}
                testid="enrolment"
                options={(policies.data ?? []).filter((policy) => policy.current !== null || policy.id === enrolment).map((policy) => ({ value: policy.id, text: pick(policy.name, office.lang.value) }))}
              />
            ) : (
              <Field label={s.enrolment} value={enrolment} disabled={!change} onValue={setEnrolment} maxLength={64} />
            )}
          </>
        )}
      </Section>
      <Fault failure={deed.failure} />
      {deed.failure?.key === "changed-meanwhile" && (
        <button type="button" class="btn" data-testid="settings-reload" onClick={onReload}>
          {s.reload}
        </button>
      )}
      {change && (
        <div class="buttons">
          <button type="submit" class="btn btn-primary" data-testid="settings-save" disabled={deed.busy || !good}>
            {deed.busy ? t.busy : t.common.save}
          </button>
        </div>
      )}
    </form>
  );
}
