import { formatTime, pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { methodsFor, stateOf } from "../core/fallbacks.ts";
import { FALLBACK_REASONS, type Fallback, type FallbackMethod, type FallbackReason, type View } from "../core/types.ts";
import { useDesk } from "./context.ts";
import type { Desk } from "./desk.ts";

/** Whether there is anything to say of weaker checks here. */
export const hasFallbackPart = (desk: Desk, view: View): boolean => Boolean(view.fallback) || methodsFor(view, desk.now.value, desk.work.fallbacksOf(view)) !== null;

/** After a session that nobody answered: which weaker checks the purpose allows, and how the one that was asked for stands. */
export function FallbackPart({ view }: { view: View }): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value.fallback;
  const last = view.fallback ?? null;
  const methods = methodsFor(view, desk.now.value, desk.work.fallbacksOf(view));
  if (last === null && methods === null) return null;
  return (
    <section class="weaker" aria-labelledby="weaker-title" data-testid="weaker">
      <h2 id="weaker-title">{t.title}</h2>
      <p class="weaker-words">{t.weaker}</p>
      {last !== null && <Progress fallback={last} />}
      {methods !== null && (methods.length > 0 ? <Ask view={view} methods={methods} /> : last === null && <p data-testid="weaker-none">{t.none}</p>)}
      <LostLink view={view} />
    </section>
  );
}

/** The phone may be in wrong hands: stopping it is a deed of its own. */
function LostLink({ view }: { view: View }): JSX.Element | null {
  const desk = useDesk();
  const { handle } = view;
  if (handle === null) return null;
  return (
    <button type="button" class="btn btn-quiet weaker-lost" data-testid="weaker-lost" onClick={() => desk.open("lost", { tenant: desk.work.company(view), handle })}>
      {desk.texts.value.lost.fromCall}
    </button>
  );
}

function Ask({ view, methods }: { view: View; methods: readonly FallbackMethod[] }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value.fallback;
  const { busy } = desk.state.value;
  const [wanted, setMethod] = useState<FallbackMethod | null>(null);
  const [reason, setReason] = useState<FallbackReason | null>(null);
  const [tried, setTried] = useState(false);
  const method = wanted !== null && methods.includes(wanted) ? wanted : null;
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setTried(true);
    if (method !== null && reason !== null) void desk.work.fallback(view, method, reason);
  };
  return (
    <form class="weaker-form" noValidate onSubmit={submit} data-testid="weaker-form">
      <fieldset class="field">
        <legend>{t.reason}</legend>
        <div class="choices weaker-reasons">
          {FALLBACK_REASONS.map((it) => (
            <label key={it} class="choice">
              <input type="radio" name="weaker-reason" value={it} checked={reason === it} data-testid={`weaker-reason-${it}`} onInput={() => setReason(it)} />
              <span>{t.reasons[it]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset class="field">
        <legend>{t.method}</legend>
        <div class="choices">
          {methods.map((it) => (
            <label key={it} class="choice">
              <input type="radio" name="weaker-method" value={it} checked={method === it} data-testid={`weaker-method-${it}`} onInput={() => setMethod(it)} />
              <span>
                <strong>{t.methods[it]}</strong>
                <span class="weaker-note small muted">{t.follows[it]}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div role="alert">
        {tried && (method === null || reason === null) && (
          <p class="field-error" data-testid="weaker-missing">
            {t.missing}
          </p>
        )}
      </div>
      <button type="submit" class="btn weaker-start" data-testid="weaker-start" disabled={busy}>
        {busy ? desk.texts.value.busy : t.start}
      </button>
    </form>
  );
}

/** The one that was asked for: what it waits for, who has approved, what came of it. */
function Progress({ fallback }: { fallback: Fallback }): JSX.Element {
  const desk = useDesk();
  const lang = desk.lang.value;
  const t = desk.texts.value.fallback;
  const state = stateOf(fallback, desk.now.value);
  return (
    <div class="weaker-progress" data-testid="weaker-progress" data-state={state} data-method={fallback.method}>
      <p>
        <strong>{t.methods[fallback.method]}</strong>
        {desk.texts.value.sep}
        {t.reasons[fallback.reason]}
      </p>
      <p data-testid="weaker-state">{state === "waiting" ? t.waiting[fallback.method] : t.results[state]}</p>
      {fallback.method === "supervisors" && <Approvals fallback={fallback} />}
      {fallback.decided_at !== null && <p class="muted tabular">{t.decided(formatTime(fallback.decided_at, lang))}</p>}
    </div>
  );
}

/** Who has approved so far. */
export function Approvals({ fallback }: { fallback: Fallback }): JSX.Element {
  const desk = useDesk();
  const lang = desk.lang.value;
  const t = desk.texts.value.fallback;
  return (
    <div data-testid="approvals" data-count={fallback.approvals.length}>
      <p>{t.approved(fallback.approvals.length, fallback.needed)}</p>
      {fallback.approvals.length > 0 && (
        <ul role="list" class="approvals">
          {fallback.approvals.map((by) => (
            <li key={by.person}>
              {pick(by.label, lang)}
              {desk.texts.value.sep}
              <span class="tabular">{formatTime(by.at, lang)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
