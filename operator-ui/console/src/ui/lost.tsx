import { pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { LOST_REASONS, type LostReason, type Tenant } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { HandleField, SelectField } from "./startParts.tsx";
import { Failure } from "./topbar.tsx";

/** The caller says that the phone is gone: handle and reason, then what follows, then how many phones stopped. */
export function LostForm({ tenants }: { tenants: readonly Tenant[] }): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value;
  const l = t.lost;
  const { losing, error } = desk.state.value;
  const [tenant, setTenant] = useState(losing?.tenant ?? tenants[0]?.id ?? "");
  const [handle, setHandle] = useState(losing?.handle ?? "");
  const [reason, setReason] = useState<LostReason | null>(null);
  const [tried, setTried] = useState(false);
  const [step, setStep] = useState<"form" | "sure" | { stopped: number }>("form");
  const wanted = handle.trim();
  if (typeof step === "object") return <Stopped handle={wanted} phones={step.stopped} />;
  if (step === "sure" && reason !== null) {
    const stop = async (): Promise<void> => {
      const stopped = await desk.work.lost({ tenant, handle: wanted, reason });
      if (stopped !== null) setStep({ stopped });
    };
    return <Sure handle={wanted} reason={reason} onBack={() => setStep("form")} onStop={() => void stop()} />;
  }
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setTried(true);
    if (wanted !== "" && reason !== null) setStep("sure");
  };
  return (
    <form class="start" data-testid="lost-form" onSubmit={submit} noValidate autocomplete="off">
      <h1>{l.title}</h1>
      <p class="muted">{l.lead}</p>
      {tenants.length > 1 && (
        <SelectField id="company" label={t.start.company} value={tenant} options={tenants.map((it) => ({ value: it.id, text: pick(it.display.name, desk.lang.value) }))} onValue={setTenant} />
      )}
      <HandleField value={handle} own={false} brief empty={tried && wanted === ""} onValue={setHandle} />
      <fieldset class="field">
        <legend>{l.reason}</legend>
        <div class="choices">
          {LOST_REASONS.map((it) => (
            <label key={it} class="choice">
              <input type="radio" name="lost-reason" value={it} checked={reason === it} data-testid={`lost-${it}`} onInput={() => setReason(it)} />
              <span>{l.reasons[it]}</span>
            </label>
          ))}
        </div>
        <div role="alert">
          {tried && reason === null && (
            <p class="field-error" data-testid="lost-missing">
              {l.missing}
            </p>
          )}
        </div>
      </fieldset>
      {error !== null && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="lost-next">
        {l.next}
      </button>
    </form>
  );
}

/** What follows, before it is done. Going back is as large as going on. */
function Sure({ handle, reason, onBack, onStop }: { handle: string; reason: LostReason; onBack: () => void; onStop: () => void }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const l = t.lost;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="start" data-testid="lost-sure">
      <h1 ref={heading} tabIndex={-1}>
        {l.sure(handle)}
      </h1>
      <p>{l.reasons[reason]}</p>
      <section class="script" aria-labelledby="lost-follows">
        <h2 id="lost-follows">{l.follows}</h2>
        <ul class="lost-follows">
          {l.consequences.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
      </section>
      <Failure />
      <div class="twin">
        <button type="button" class="btn" data-testid="lost-back" disabled={desk.state.value.busy} onClick={onBack}>
          {l.back}
        </button>
        <button type="button" class="btn btn-stop" data-testid="lost-stop" disabled={desk.state.value.busy} onClick={onStop}>
          {desk.state.value.busy ? t.busy : l.stop}
        </button>
      </div>
    </div>
  );
}

function Stopped({ handle, phones }: { handle: string; phones: number }): JSX.Element {
  const desk = useDesk();
  const l = desk.texts.value.lost;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="start" data-testid="lost-done" data-phones={phones}>
      <h1 ref={heading} tabIndex={-1}>
        {phones === 0 ? l.noneTitle : l.stopped(phones)}
      </h1>
      <p>{phones === 0 ? l.none(handle) : l.of(handle)}</p>
      {phones > 0 && (
        <section class="next" aria-labelledby="lost-then">
          <h2 id="lost-then">{desk.texts.value.next.title}</h2>
          <ol>
            {l.then.map((it) => (
              <li key={it}>{it}</li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
