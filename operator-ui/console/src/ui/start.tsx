import { DirectionArrow, pick } from "@honnin/kit";
import type { JSX, TargetedEvent, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ErrorKey } from "../core/errors.ts";
import { handleHint } from "../core/handle.ts";
import type { Me } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { Failure } from "./topbar.tsx";
import { WordList } from "./words.tsx";

/** Failures that are about the entered handle, and so stand at its field. */
const HANDLE_ERRORS: ReadonlySet<ErrorKey> = new Set(["looks-like-personal-data", "unsafe-text", "malformed", "too-large"]);

export function Start(): JSX.Element | null {
  const { me } = useDesk().state.value;
  return me === null ? null : <StartForm me={me} />;
}

function StartForm({ me }: { me: Me }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const { busy, error } = desk.state.value;
  const [handle, setHandle] = useState("");
  const [purpose, setPurpose] = useState(me.purposes[0]?.code ?? "");
  const [chosen, setChosen] = useState<string | null>(null);
  const [empty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const usual = me.purposes.find((p) => p.code === purpose)?.policy ?? "";
  const policyId = chosen ?? usual;
  const policy = me.policies.find((p) => p.id === policyId);
  const hint = handleHint(handle);
  const handleError = error !== null && HANDLE_ERRORS.has(error) ? t.errors[error] : empty ? t.start.empty : null;

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const wanted = handle.trim();
    setEmpty(wanted === "");
    if (wanted === "") {
      field.current?.focus();
      return;
    }
    void desk.start({ handle: wanted, purpose, policy: policyId, direction: "inbound" }).then(() => field.current?.focus());
  };
  const typed = (event: TargetedEvent<HTMLInputElement>): void => {
    setHandle(event.currentTarget.value);
    setEmpty(false);
  };

  return (
    <form class="start" data-testid="start-form" onSubmit={submit} noValidate autocomplete="off">
      <h1>{t.start.title}</h1>
      <div class="start-direction">
        <DirectionArrow to="in" />
        <span>
          <span class="visually-hidden">{t.start.direction}: </span>
          <strong>{t.direction.inbound}</strong> {t.start.directionNote}
        </span>
      </div>

      <div class="field">
        <label for="handle">{t.start.handle}</label>
        <input
          id="handle"
          ref={field}
          class="input input-large"
          data-testid="handle"
          value={handle}
          onInput={typed}
          maxLength={128}
          spellcheck={false}
          autocapitalize="characters"
          autocomplete="off"
          aria-describedby="handle-help handle-state"
          aria-invalid={handleError !== null}
        />
        <div id="handle-state" role="alert">
          {handleError !== null ? (
            <p class="field-error" data-testid="handle-error">
              {handleError}
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
          {t.start.handleHelp}
        </p>
      </div>

      <fieldset class="field">
        <legend>{t.start.purpose}</legend>
        <div class="choices">
          {me.purposes.map((p) => (
            <label class="choice" key={p.code}>
              <input
                type="radio"
                name="purpose"
                value={p.code}
                data-testid={`purpose-${p.code}`}
                checked={p.code === purpose}
                onChange={() => {
                  setPurpose(p.code);
                  setChosen(null);
                }}
              />
              <span>{pick(p, lang)}</span>
            </label>
          ))}
        </div>
      </fieldset>

      <div class="field">
        <label for="policy">{t.start.policy}</label>
        <select id="policy" class="input" data-testid="policy" value={policyId} onChange={(event) => setChosen(event.currentTarget.value)}>
          {me.policies.map((p) => (
            <option key={p.id} value={p.id}>
              {p.id === usual ? t.start.policyDefault(pick(p.name, lang)) : pick(p.name, lang)}
            </option>
          ))}
        </select>
        {policy !== undefined && (
          <div class="start-words">
            <h2>{t.aside.proves}</h2>
            <WordList items={policy.words.proves.map((word) => pick(word, lang))} />
          </div>
        )}
      </div>

      {error !== null && !HANDLE_ERRORS.has(error) && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy}>
        {busy ? t.busy : t.start.button}
      </button>
    </form>
  );
}
