import { pick } from "@honnin/kit";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ErrorKey } from "../core/errors.ts";
import { handleHint } from "../core/handle.ts";
import type { Purpose, Tenant } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { WordList } from "./words.tsx";

/** Failures that are about the entered handle, and so stand at its field. */
export const HANDLE_ERRORS: ReadonlySet<ErrorKey> = new Set(["looks-like-personal-data", "unsafe-text", "malformed", "too-large"]);

/** What every form of the desk is given: the company and the purpose are chosen above it. */
export interface FormProps {
  tenant: Tenant;
  purpose: Purpose;
  /** Company and purpose, as the form's own fields. */
  company: ComponentChildren;
  purposes: ComponentChildren;
}

/** One labelled field with its help and what is wrong with it. */
export function TextField(props: {
  id: string;
  label: string;
  value: string;
  onValue: (value: string) => void;
  help?: string;
  error?: string | null;
  large?: boolean;
  inputMode?: "decimal";
  most?: number;
}): JSX.Element {
  const { id, error = null } = props;
  const described = [props.help === undefined ? "" : `${id}-help`, error === null ? "" : `${id}-error`].filter((it) => it !== "").join(" ");
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        class={props.large === true ? "input input-large" : "input"}
        data-testid={id}
        value={props.value}
        maxLength={props.most ?? 120}
        spellcheck={false}
        autocomplete="off"
        inputMode={props.inputMode}
        aria-describedby={described === "" ? undefined : described}
        aria-invalid={error !== null}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      {error !== null && (
        <p id={`${id}-error`} class="field-error" data-testid={`${id}-error`}>
          {error}
        </p>
      )}
      {props.help !== undefined && (
        <p id={`${id}-help`} class="small muted">
          {props.help}
        </p>
      )}
    </div>
  );
}

/** The customer's handle: focused first, hinted at while typing. `own`: a refusal of the text is about this field alone; `brief`: one line of help. */
export function HandleField({ value, onValue, empty, own, brief = false }: { value: string; onValue: (value: string) => void; empty: boolean; own: boolean; brief?: boolean }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const { error } = desk.state.value;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const hint = handleHint(value);
  const wrong = own && error !== null && HANDLE_ERRORS.has(error) ? t.errors[error] : empty ? t.start.empty : null;
  useEffect(() => {
    if (wrong !== null) field.current?.focus();
  }, [wrong]);
  return (
    <div class="field">
      <label for="handle">{t.start.handle}</label>
      <input
        id="handle"
        ref={field}
        class="input input-large"
        data-testid="handle"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        maxLength={128}
        spellcheck={false}
        autocapitalize="characters"
        autocomplete="off"
        aria-describedby="handle-help handle-state"
        aria-invalid={wrong !== null}
      />
      <div id="handle-state" role="alert">
        {wrong !== null ? (
          <p class="field-error" data-testid="handle-error">
            {wrong}
          </p>
        ) : (
          hint !== null && (
            <p class="field-hint" data-testid="handle-hint" data-hint={hint}>
              {t.hint[hint]}
            </p>
          )
        )}
      </div>
      <p id="handle-help" class="small muted">
        {brief ? t.start.handleBrief : t.start.handleHelp}
      </p>
    </div>
  );
}

export function SelectField(props: { id: string; label: string; value: string; options: readonly { value: string; text: string }[]; onValue: (value: string) => void }): JSX.Element {
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} class="input" data-testid={props.id} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
        {props.options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What the purpose's policy proves: the operator has no say in it. */
export function PolicyWords({ purpose }: { purpose: Purpose }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  return (
    <div class="start-words" data-testid="policy" data-policy={purpose.policy.id}>
      <p class="start-policy">{t.start.policy(pick(purpose.policy.name, lang))}</p>
      <h2>{t.aside.proves}</h2>
      <WordList items={purpose.policy.words.proves.map((word) => pick(word, lang))} />
    </div>
  );
}
