import { pick, Seal, type Localized, type SealShape } from "@honnin/kit";
import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import { useId, useState } from "preact/hooks";
import type { Failure } from "../core/errors.ts";
import { pieces, plain } from "../core/text.ts";
import { useOffice, type Loaded } from "./context.ts";

/** A text from outside: isolated, and with every character shown that would act on its neighbours. */
export function Plain({ text }: { text: string }): JSX.Element {
  const t = useOffice().texts.value;
  return (
    <bdi>
      {pieces(text).map((piece, i) =>
        "text" in piece ? (
          piece.text
        ) : (
          <span key={i} class="odd-char" title={t.common.hidden}>
            {piece.code}
          </span>
        ),
      )}
    </bdi>
  );
}

export function Named({ name }: { name: Localized }): JSX.Element {
  return <Plain text={pick(name, useOffice().lang.value)} />;
}

/** Who acted, by id: their name where it is known, and the service's own hands in words. */
export function Who({ id }: { id: string | null }): JSX.Element {
  const office = useOffice();
  if (id === null) return <span class="muted">–</span>;
  const me = office.me.value;
  const name = office.names.value.get(id) ?? office.others.value.get(id);
  const hands = office.texts.value.audit.actors;
  if (me?.person.id === id) return <Plain text={office.texts.value.top.you(pick(me.person.name, office.lang.value))} />;
  if (id === "configuration" || id === "command-line") return <>{hands[id]}</>;
  return name === undefined ? <code class="id">{<Plain text={id} />}</code> : <Named name={name} />;
}

export type Tone = "verified" | "waiting" | "refused" | "unreachable";

/** A state as a shape and a word. */
export function Status({ shape, tone, word }: { shape: SealShape; tone: Tone; word: string }): JSX.Element {
  return (
    <span class={`state ink-${tone}`}>
      <Seal shape={shape} size={18} />
      <span>{word}</span>
    </span>
  );
}

/** The sentence for a failure, said once. */
export function Fault({ failure }: { failure: Failure | null }): JSX.Element {
  const { errors } = useOffice().texts.value;
  return (
    <div role="alert">
      {failure !== null && (
        <p class="failure" data-testid="error" data-code={failure.key}>
          {failure.key === "unknown" ? errors.unknown(failure.reference) : errors[failure.key]}
        </p>
      )}
    </div>
  );
}

/** A word that something was done. */
export function Done({ text }: { text: string | null }): JSX.Element {
  return (
    <div role="status">
      {text !== null && (
        <p class="done" data-testid="done">
          <Seal shape="closed" size={18} /> {text}
        </p>
      )}
    </div>
  );
}

/** What was read, once it is there; until then a word, and a way on when it failed. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }): JSX.Element {
  const t = useOffice().texts.value;
  return (
    <>
      <Fault failure={of.failure} />
      {of.data === null && of.failure === null && (
        <p class="muted" data-testid="loading">
          {t.common.loading}
        </p>
      )}
      {of.failure !== null && (
        <button type="button" class="btn" data-testid="again" onClick={() => void of.reload()}>
          {t.common.again}
        </button>
      )}
      {of.data !== null && children(of.data)}
    </>
  );
}

export function Section(props: { title: string; lead?: string; actions?: ComponentChildren; testid?: string; children: ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <section class="section" aria-labelledby={id} data-testid={props.testid}>
      <div class="section-head">
        <h2 id={id}>{props.title}</h2>
        {props.actions}
      </div>
      {props.lead !== undefined && <p class="muted">{props.lead}</p>}
      {props.children}
    </section>
  );
}

export interface Column<T> {
  head: string;
  cell: (row: T) => ComponentChildren;
  /** Names the row. */
  main?: boolean;
  number?: boolean;
  /** Whether a row says nothing here: a card leaves such a line out. */
  blank?: (row: T) => boolean;
}

/** A table that becomes a list of cards on a narrow screen; its roles are spelt out, as restyled tables lose them. */
export function Table<T>(props: { caption: string; columns: readonly Column<T>[]; rows: readonly T[]; id: (row: T) => string; empty: string; testid?: string }): JSX.Element {
  if (props.rows.length === 0) return <p class="muted empty">{props.empty}</p>;
  return (
    <table class="table" role="table" data-testid={props.testid}>
      <caption class="visually-hidden">{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {props.columns.map((column) => (
            <th key={column.head} role="columnheader" scope="col" class={column.number ? "num" : undefined}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {props.rows.map((row) => (
          <tr key={props.id(row)} role="row" data-id={props.id(row)}>
            {props.columns.map((column) =>
              column.main ? (
                <th key={column.head} role="rowheader" scope="row" data-label={column.head}>
                  <div>{column.cell(row)}</div>
                </th>
              ) : (
                <td key={column.head} role="cell" data-label={column.head} data-blank={column.blank?.(row) ? "" : undefined} class={column.number ? "num tabular" : undefined}>
                  <div>{column.cell(row)}</div>
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export interface FieldProps {
  label: string;
  help?: string | undefined;
  error?: string | null | undefined;
  value: string;
  onValue: (value: string) => void;
  testid?: string;
  type?: "text" | "date" | "url" | "password";
  /** Stands after the input: a unit. */
  tail?: string;
  list?: readonly string[];
  rows?: number;
  maxLength?: number;
  numeric?: boolean;
  disabled?: boolean;
  /** Name for the browser's own filling; off unless said otherwise. */
  autocomplete?: string;
}

type Input = JSX.IntrinsicElements["input"];

export function Field(props: FieldProps): JSX.Element {
  const id = useId();
  const wrong = props.error !== undefined && props.error !== null;
  const common = {
    id,
    class: "input",
    "data-testid": props.testid,
    value: props.value,
    maxLength: props.maxLength ?? 200,
    disabled: props.disabled ?? false,
    spellcheck: false,
    "aria-invalid": wrong,
    "aria-describedby": `${id}-help`,
  };
  // The types of an input's attributes are one union a type; here the type is data.
  const input = {
    ...common,
    type: props.type ?? "text",
    inputMode: props.numeric ? "numeric" : undefined,
    autocomplete: props.autocomplete ?? "off",
    list: props.list === undefined ? undefined : `${id}-list`,
    onInput: (event: TargetedEvent<HTMLInputElement>) => props.onValue(event.currentTarget.value),
  } as Input;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.rows !== undefined ? (
        <textarea {...common} rows={props.rows} onInput={(event) => props.onValue(event.currentTarget.value)} />
      ) : (
        <span class="with-tail">
          <input {...input} />
          {props.tail !== undefined && <span>{props.tail}</span>}
        </span>
      )}
      {props.list !== undefined && (
        <datalist id={`${id}-list`}>
          {props.list.map((item) => (
            <option key={item} value={item} />
          ))}
        </datalist>
      )}
      <p id={`${id}-help`} class={wrong ? "field-error" : "small muted"}>
        {wrong ? props.error : props.help}
      </p>
    </div>
  );
}

export interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onValue: (value: string) => void;
  testid?: string;
  disabled?: boolean;
}

export function Select(props: SelectProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} class="input" data-testid={props.testid} value={props.value} disabled={props.disabled} onInput={(event) => props.onValue(event.currentTarget.value)}>
        {props.options.map((option) => (
          <option key={option.value} value={option.value}>
            {plain(option.text)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A box to tick, or one of several that exclude each other when `name` is given. */
export function Tick(props: { label: ComponentChildren; note?: string | undefined; checked: boolean; onTick: (on: boolean) => void; disabled?: boolean; name?: string; testid?: string }): JSX.Element {
  return (
    <label class={`choice${props.disabled ? " choice-off" : ""}`}>
      <input
        type={props.name === undefined ? "checkbox" : "radio"}
        name={props.name}
        checked={props.checked}
        disabled={props.disabled}
        data-testid={props.testid}
        // Not onChange: what a form does on input would be drawn before it, and put the box back.
        onInput={(event) => props.onTick(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        {props.note !== undefined && <span class="small muted note">{props.note}</span>}
      </span>
    </label>
  );
}

export function Choices({ legend, error, children }: { legend: string; error?: string | null; children: ComponentChildren }): JSX.Element {
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <div class="choices">{children}</div>
      {error !== undefined && error !== null && <p class="field-error">{error}</p>}
    </fieldset>
  );
}

/** A value to hand on, with a button that copies it. */
export function Copyable({ label, value, testid }: { label: string; value: string; testid: string }): JSX.Element {
  const id = useId();
  const t = useOffice().texts.value;
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // The value stands there to be selected.
      setCopied(false);
    }
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="with-tail">
        <input id={id} class="input mono" readOnly value={value} data-testid={testid} onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="btn" onClick={() => void copy()}>
          {t.common.copy}
        </button>
      </span>
      <p role="status" class="small">
        {copied && t.common.copied}
      </p>
    </div>
  );
}

/** JSON as it is, in lines. */
export function Json({ value, testid }: { value: unknown; testid?: string }): JSX.Element {
  const lines = (JSON.stringify(value, null, 2) ?? "").split("\n");
  return (
    <pre class="json" tabIndex={0} data-testid={testid}>
      {lines.map((line, i) => (
        <span key={i} class="line">
          <Plain text={line} />
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
