import { DirectionArrow } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { nextHalfHour, windowsOf, type WindowFault, type WindowRow } from "../core/calls.ts";
import { useDesk } from "./context.ts";
import { HandleField, PolicyWords, SelectField, TextField, type FormProps } from "./startParts.tsx";
import { Failure } from "./topbar.tsx";

const MOST_WINDOWS = 4;
const LENGTHS = [15, 30, 60, 120, 240];

/** Announces a call: the customer's app is told, and checks who says so, before anybody dials. */
export function AnnounceForm({ tenant, purpose, company, purposes }: FormProps): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const a = t.announce;
  const { busy, error } = desk.state.value;
  const numbers = tenant.numbers ?? [tenant.display.number];
  const [handle, setHandle] = useState("");
  const [number, setNumber] = useState(numbers[0] ?? "");
  const [rows, setRows] = useState<WindowRow[]>([{ start: nextHalfHour(desk.now.value), minutes: 30 }]);
  const [alias, setAlias] = useState({ ja: "", en: "" });
  const [empty, setEmpty] = useState(false);
  const [fault, setFault] = useState<{ row: number; fault: WindowFault } | null>(null);

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const wanted = handle.trim();
    const windows = windowsOf(rows, desk.now.value);
    setEmpty(wanted === "");
    setFault(windows.ok ? null : windows);
    if (wanted === "" || !windows.ok) return;
    const shown = { ja: alias.ja.trim(), en: alias.en.trim() };
    // One language alone would leave the other's reader without a name.
    const named = shown.ja === "" && shown.en === "" ? {} : { alias: { ja: shown.ja || shown.en, en: shown.en || shown.ja } };
    void desk.work.announce({ tenant: tenant.id, handle: wanted, purpose: purpose.code, number, windows: windows.windows, ...named });
  };
  const change = (at: number, part: Partial<WindowRow>): void => {
    setRows(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
    setFault(null);
  };

  return (
    <form class="start" data-testid="start-form" data-kind="call" onSubmit={submit} noValidate autocomplete="off">
      <h1>{a.title}</h1>
      <div class="start-direction">
        <DirectionArrow to="out" />
        <span>
          <span class="visually-hidden">{t.start.direction}: </span>
          <strong>{t.direction.outbound}</strong> {a.note}
        </span>
      </div>
      {company}
      <HandleField
        value={handle}
        own={false}
        empty={empty}
        onValue={(value) => {
          setHandle(value);
          setEmpty(false);
        }}
      />
      {purposes}
      <SelectField id="number" label={a.number} value={number} options={numbers.map((it) => ({ value: it, text: it }))} onValue={setNumber} />
      <fieldset class="field">
        <legend>{a.windows}</legend>
        <p class="small muted">{a.windowsHelp}</p>
        {rows.map((row, i) => (
          <WindowFields
            key={i}
            n={i}
            row={row}
            fault={fault?.row === i ? fault.fault : null}
            onChange={(part) => change(i, part)}
            onRemove={i === 0 ? null : () => setRows(rows.filter((_, at) => at !== i))}
          />
        ))}
        {rows.length < MOST_WINDOWS && (
          <button type="button" class="btn start-add" data-testid="window-add" onClick={() => setRows([...rows, { start: "", minutes: rows[0]?.minutes ?? 30 }])}>
            {a.add}
          </button>
        )}
      </fieldset>
      <fieldset class="field">
        <legend>{a.alias}</legend>
        <p class="small muted">{a.aliasHelp}</p>
        <div class="start-two">
          <TextField id="alias-ja" label={a.aliasJa} most={60} value={alias.ja} onValue={(ja) => setAlias({ ...alias, ja })} />
          <TextField id="alias-en" label={a.aliasEn} most={60} value={alias.en} onValue={(en) => setAlias({ ...alias, en })} />
        </div>
      </fieldset>
      {error !== null && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy}>
        {busy ? t.busy : a.button}
      </button>
      <PolicyWords purpose={purpose} />
    </form>
  );
}

function WindowFields(props: { n: number; row: WindowRow; fault: WindowFault | null; onChange: (part: Partial<WindowRow>) => void; onRemove: (() => void) | null }): JSX.Element {
  const t = useDesk().texts.value.announce;
  const { n, row, fault } = props;
  const label = n === 0 ? t.first : t.other(n);
  return (
    <div class="window-row" role="group" aria-label={label}>
      <div class="field">
        <label for={`window-${n}`}>{label}</label>
        <input
          id={`window-${n}`}
          type="datetime-local"
          class="input"
          data-testid={`window-${n}`}
          value={row.start}
          aria-invalid={fault !== null}
          aria-describedby={fault === null ? undefined : `window-${n}-error`}
          onInput={(event) => props.onChange({ start: event.currentTarget.value })}
        />
      </div>
      <SelectField
        id={`length-${n}`}
        label={t.length}
        value={String(row.minutes)}
        options={LENGTHS.map((m) => ({ value: String(m), text: t.minutes(m) }))}
        onValue={(value) => props.onChange({ minutes: Number(value) })}
      />
      {props.onRemove !== null && (
        <button type="button" class="btn" data-testid={`window-remove-${n}`} onClick={props.onRemove}>
          {t.remove}
        </button>
      )}
      {fault !== null && (
        <p id={`window-${n}-error`} class="field-error window-error" role="alert" data-testid="window-error" data-fault={fault}>
          {t.faults[fault]}
        </p>
      )}
    </div>
  );
}
