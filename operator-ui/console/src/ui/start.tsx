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
  const [company, setCompany] = useState(me.tenants[0]?.id ?? "");
  const [asked, setAsked] = useState<string | null>(null);
  const [empty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const tenant = me.tenants.find((it) => it.id === company) ?? me.tenants[0];
  const purpose = tenant?.purposes.find((p) => p.code === asked) ?? tenant?.purposes[0];
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
    if (tenant === undefined || purpose === undefined) return;
    void desk.start({ tenant: tenant.id, handle: wanted, purpose: purpose.code, direction: "inbound" }).then(() => field.current?.focus());
  };
  const typed = (event: TargetedEvent<HTMLInputElement>): void => {
    setHandle(event.currentTarget.value);
    setEmpty(false);
  };

  if (tenant === undefined || purpose === undefined || me.organisation.status === "frozen") {
    return (
      <div class="start" data-testid="start-closed">
        <h1>{t.start.title}</h1>
        <p>{me.organisation.status === "frozen" ? t.start.frozen : t.start.noCompany}</p>
      </div>
    );
  }
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

      {me.tenants.length > 1 && (
        <div class="field">
          <label for="company">{t.start.company}</label>
          <select
            id="company"
            class="input"
            data-testid="company"
            value={tenant.id}
            onChange={(event) => {
              setCompany(event.currentTarget.value);
              setAsked(null);
            }}
          >
            {me.tenants.map((it) => (
              <option key={it.id} value={it.id}>
                {pick(it.display.name, lang)}
              </option>
            ))}
          </select>
        </div>
      )}

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
          {tenant.purposes.map((p) => (
            <label class="choice" key={p.code}>
              <input
                type="radio"
                name="purpose"
                value={p.code}
                data-testid={`purpose-${p.code}`}
                checked={p.code === purpose.code}
                onChange={() => setAsked(p.code)}
              />
              <span>{pick(p, lang)}</span>
            </label>
          ))}
        </div>
      </fieldset>

      {error !== null && !HANDLE_ERRORS.has(error) && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy}>
        {busy ? t.busy : t.start.button}
      </button>

      <div class="start-words" data-testid="policy" data-policy={purpose.policy.id}>
        <p class="start-policy">{t.start.policy(pick(purpose.policy.name, lang))}</p>
        <h2>{t.aside.proves}</h2>
        <WordList items={purpose.policy.words.proves.map((word) => pick(word, lang))} />
      </div>
    </form>
  );
}
