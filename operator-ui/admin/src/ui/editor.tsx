import { LANGS, pick, type Lang, type Localized } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../core/errors.ts";
import { asked, documentOf, mostConditions, METHODS, type Condition, type FormField, type PolicyForm } from "../core/policy.ts";
import { PREFECTURES, REGIONS, toggleRegion } from "../core/regions.ts";
import type { DryRun, Words } from "../core/types.ts";
import type { Format } from "../core/format.ts";
import { texts, type Texts } from "../i18n/index.ts";
import { useDeed, useOffice } from "./context.ts";
import type { Office } from "./office.ts";
import { Choices, Fault, Field, Named, Plain, Section, Tick } from "./parts.tsx";

/** Typing rests this long before the server is asked how the policy reads. */
const PREVIEW_AFTER = 350;

/** Makes a policy from plain words, with the customer's screen beside it. */
export function Editor({ start, fresh, onClose }: { start: PolicyForm; fresh: boolean; onClose: (saved: number | null) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const p = t.policies;
  const [form, setForm] = useState(start);
  const [tried, setTried] = useState(false);
  const [run, setRun] = useState<DryRun | null>(null);
  const [runFailure, setRunFailure] = useState<Failure | null>(null);
  const deed = useDeed();
  const heading = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const { body, wrong } = documentOf(form);
  const key = body === null ? "" : JSON.stringify(body);
  useEffect(() => {
    if (body === null) return undefined;
    let over = false;
    const timer = setTimeout(() => {
      office.org.dryRun(body).then(
        (result) => {
          if (over) return;
          setRun(result);
          setRunFailure(null);
        },
        (thrown: unknown) => {
          const failure = office.caught(thrown);
          if (!over) setRunFailure(failure);
        },
      );
    }, PREVIEW_AFTER);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key]);

  const set = (change: Partial<PolicyForm>): void => setForm((was) => ({ ...was, ...change }));
  const fault = (field: FormField): string | null => (tried && (wrong as FormField[]).includes(field) ? p.wrong[field] : null);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (body === null) {
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    let version = 0;
    if (
      await deed.run(async () => {
        version = (await office.org.draft(body)).version;
      })
    )
      onClose(version);
  };
  const room = mostConditions(form) - asked(form);
  const full = room <= 0;
  const optional = (field: "age" | "level" | "limit", label: string, tail: string, first: string): JSX.Element => (
    <div class="condition">
      <Tick label={label} checked={form[field] !== null} disabled={form[field] === null && full} testid={`ask-${field}`} onTick={(on) => set({ [field]: on ? first : null })} />
      {form[field] !== null && <Field label={label} value={form[field]} onValue={(value) => set({ [field]: value })} tail={tail} numeric error={fault(field)} testid={`value-${field}`} maxLength={20} />}
    </div>
  );
  return (
    <div class="editor" data-testid="editor">
      <form ref={box} class="form editor-form" noValidate autocomplete="off" onSubmit={(event) => void submit(event)}>
        <h2 ref={heading} tabIndex={-1}>
          {fresh ? p.editorNew : p.editorEdit}
        </h2>
        <Field label={p.id} help={p.idHelp} value={form.id} onValue={(id) => set({ id })} disabled={!fresh} error={fault("id")} testid="policy-id" maxLength={64} />
        <div class="two">
          <Field label={t.common.nameJa} value={form.name.ja} onValue={(ja) => set({ name: { ...form.name, ja } })} error={fault("name")} testid="policy-ja" />
          <Field label={t.common.nameEn} value={form.name.en} onValue={(en) => set({ name: { ...form.name, en } })} error={fault("name")} testid="policy-en" />
        </div>
        <fieldset class="field conditions">
          <legend>{p.conditions}</legend>
          {fresh && <Tick label={p.prospects} note={p.prospectsNote} checked={form.prospects} onTick={(prospects) => set({ prospects })} testid="for-prospects" />}
          <p class="condition fixed" data-testid="holder">
            {form.prospects ? (
              <>
                <strong>{p.noHolder}</strong> <span class="small muted">{p.prospectsNote}</span>
              </>
            ) : (
              <>
                <strong>{p.holder}</strong> <span class="small muted">{p.holderNote}</span>
              </>
            )}
          </p>
          <p class="small muted" role="status" data-testid="room">
            {p.left(office.format.value.number(Math.max(0, room)))}
          </p>
          {optional("age", p.age, p.ageTail, "20")}
          {optional("level", p.level, p.levelTail, "2")}
          <div class="condition">
            <Choices legend={p.method}>
              {METHODS.map((method) => (
                <Tick
                  key={method}
                  label={p.methods[method]}
                  checked={form.methods.includes(method)}
                  disabled={form.methods.length === 0 && full}
                  testid={`method-${method}`}
                  onTick={(on) => set({ methods: on ? [...form.methods, method] : form.methods.filter((n) => n !== method) })}
                />
              ))}
            </Choices>
          </div>
          <div class="condition">
            <RegionPicker chosen={form.regions} closed={form.regions.length === 0 && full} onChoose={(regions) => set({ regions })} />
          </div>
          {optional("limit", p.limit, p.limitTail, "100000")}
          {form.others.length > 0 && (
            <div class="condition" data-testid="others">
              <strong>{p.others}</strong> <span class="small muted">{p.othersNote}</span>
              <ul>
                {form.others.map((condition, i) => (
                  <li key={i}>
                    <code>
                      <Plain text={`${condition.slot} ${condition.op} ${JSON.stringify(condition.value)}`} />
                    </code>{" "}
                    <button type="button" class="bar-button" onClick={() => set({ others: form.others.filter((_, n) => n !== i) })}>
                      {t.common.remove}
                    </button>
                  </li>
                ))}
              </ul>
            </div>
          )}
          {fault("conditions") !== null && (
            <p class="field-error" role="alert">
              {fault("conditions")}
            </p>
          )}
        </fieldset>
        <fieldset class="field">
          <legend>{p.answering}</legend>
          <div class="choices answers">
          <Tick label={p.numberMatch} note={p.numberMatchNote} checked={form.numberMatch} onTick={(numberMatch) => set({ numberMatch })} testid="number-match" />
          <Tick label={p.userVerification} checked={form.userVerification} onTick={(userVerification) => set({ userVerification })} testid="user-verification" />
          </div>
          <div class="two">
            <Field label={p.ttl} tail={p.secondsTail} numeric value={form.ttl} onValue={(ttl) => set({ ttl })} error={fault("ttl")} testid="ttl" maxLength={8} />
            <Field label={p.valid} tail={p.minutesTail} numeric value={form.valid} onValue={(valid) => set({ valid })} error={fault("valid")} testid="valid" maxLength={8} />
          </div>
        </fieldset>
        <Fault failure={deed.failure} />
        <div class="buttons">
          <button type="button" class="btn" data-testid="editor-cancel" onClick={() => onClose(null)}>
            {t.common.cancel}
          </button>
          <button type="submit" class="btn btn-primary" data-testid="save-draft" disabled={deed.busy}>
            {deed.busy ? t.busy : p.saveDraft}
          </button>
        </div>
      </form>
      <div class="editor-side">
        <Section title={p.preview} testid="preview">
          {body !== null && run !== null ? <Preview words={run.words} /> : <p class="muted empty">{p.previewWait}</p>}
          <Fault failure={body === null ? null : runFailure} />
        </Section>
        {body !== null && run !== null && (
          <Section title={p.dryRun} testid="dry-run">
            <DryRunView result={run} />
          </Section>
        )}
      </div>
    </div>
  );
}

function RegionPicker({ chosen, closed, onChoose }: { chosen: readonly number[]; closed: boolean; onChoose: (codes: number[]) => void }): JSX.Element {
  const office = useOffice();
  const p = office.texts.value.policies;
  const lang = office.lang.value;
  const boxed = (name: Localized, codes: readonly number[], testid: string): JSX.Element => (
    <Tick key={testid} label={pick(name, lang)} checked={codes.every((code) => chosen.includes(code))} disabled={closed} testid={testid} onTick={() => onChoose(toggleRegion(chosen, codes))} />
  );
  return (
    <>
      <Choices legend={p.region}>{REGIONS.map((region) => boxed(region.name, region.codes, `region-${region.codes[0]}`))}</Choices>
      <details>
        <summary>{p.regionPick}</summary>
        <Choices legend={p.regionPick}>{PREFECTURES.map((it) => boxed(it.name, [it.code], `prefecture-${it.code}`))}</Choices>
      </details>
    </>
  );
}

/** The proof lines of the phone's request screen, in both languages, side by side. */
function Preview({ words }: { words: Words }): JSX.Element {
  return (
    <div class="phones">
      {LANGS.map((lang) => (
        <PhoneLines key={lang} words={words} lang={lang} />
      ))}
    </div>
  );
}

/** As the phone says it in that language, whatever language this page is in. */
const PhoneLines = ({ words, lang }: { words: Words; lang: Lang }): JSX.Element => (
  <div class="phone" lang={lang} data-testid={`preview-${lang}`}>
    <h3>{texts[lang].policies.previewProves}</h3>
    <ul>
      {words.proves.map((line) => (
        <li key={line[lang]}>
          <Plain text={line[lang]} />
        </li>
      ))}
    </ul>
    <h3>{texts[lang].policies.previewNot}</h3>
    <p class="muted">
      <Plain text={words.not_sent[lang].join(lang === "ja" ? "・" : ", ")} />
    </p>
  </div>
);

export function WordsView({ words }: { words: Words }): JSX.Element {
  return (
    <ul class="words">
      {words.proves.map((line) => (
        <li key={line.en}>
          <Named name={line} />
        </li>
      ))}
    </ul>
  );
}

/** A member's value in words: conditions as the editor names them, all else as it stands. */
function valueInWords(value: unknown, office: Office): string {
  const p = office.texts.value.policies;
  const lang = office.lang.value;
  const f = office.format.value;
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? p.on : p.off;
  if (typeof value === "number") return f.number(value);
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 0) return office.texts.value.common.none;
  if (typeof value === "object" && "ja" in value && "en" in value) return `${String(value.ja)} / ${String(value.en)}`;
  if (!Array.isArray(value) || !value.every((it) => typeof it === "object" && it !== null && "slot" in it && "op" in it && "value" in it)) return JSON.stringify(value);
  return f.list((value as Condition[]).map((it) => conditionInWords(it, p, lang, f)));
}

function conditionInWords({ slot, op, value }: Condition, p: Texts["policies"], lang: Lang, f: Format): string {
  const named = (codes: readonly number[], name: (code: number) => string | undefined): string => codes.map((code) => name(code) ?? String(code)).join(", ");
  if (slot === "subject") return p.holder;
  if (slot === "kyc_level" && op === "GE" && typeof value === "number") return `${p.level} ${f.number(value)} ${p.levelTail}`;
  if (slot === "limit" && op === "GE" && typeof value === "number") return `${p.limit} ${f.number(value)} ${p.limitTail}`;
  if (slot === "birth" && op === "LE" && typeof value === "object" && "years_before" in value) return `${p.age} ${f.number(value.years_before)} ${p.ageTail}`;
  if (slot === "method" && Array.isArray(value)) return `${p.method}: ${named(value, (code) => p.methods[code as 1])}`;
  if (slot === "region" && Array.isArray(value)) return `${p.region}: ${named(value, (code) => PREFECTURES[code - 1]?.name[lang])}`;
  return `${slot} ${op} ${JSON.stringify(value)}`;
}

/** Whom a policy would concern today, and what would change. */
export function DryRunView({ result }: { result: DryRun }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const p = t.policies;
  // Against nothing, every member differs: that says no more than the form beside it.
  const first = result.changes.some((change) => change.member === "id" && change.from === null);
  const changes = first ? [] : result.changes;
  return (
    <>
      <p data-testid="dry-run-devices">{p.devices(office.format.value.number(result.devices))}</p>
      <p>
        {p.concerns}: {result.purposes.length === 0 ? t.common.none : <Plain text={result.purposes.join(", ")} />}
      </p>
      <h3>{p.changes}</h3>
      {changes.length === 0 && <p>{first ? p.firstVersion : p.noChanges}</p>}
      <ul role="list" class="changes" data-testid="changes">
        {changes.map((change) => (
          <li key={change.member}>
            <strong>
              <Plain text={p.members[change.member] ?? change.member} />
            </strong>
            <dl class="facts">
              <dt>{p.from}</dt>
              <dd>
                <Plain text={valueInWords(change.from, office)} />
              </dd>
              <dt>{p.to}</dt>
              <dd>
                <Plain text={valueInWords(change.to, office)} />
              </dd>
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}
