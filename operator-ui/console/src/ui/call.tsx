import { Check, formatTime, money, pick, Seal } from "@honnin/kit";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { canResend, isProspect, isStopped, isTerms, isWaiting, kindOf, LOOKS, outcomeOf, scriptOf, type Kind } from "../core/present.ts";
import { isOpen, type PaymentPart, type View } from "../core/types.ts";
import { Badge } from "./badge.tsx";
import { useDesk } from "./context.ts";
import { callScript, Dial } from "./dial.tsx";
import { InvitationCard } from "./eligibility.tsx";
import { FallbackPart } from "./fallback.tsx";
import { Failure } from "./topbar.tsx";
import { nameOf } from "./words.tsx";

/** The call on screen. */
export function Call({ view }: { view: View }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const kind = kindOf(view, desk.now.value);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <article class="call" data-testid="call" data-id={view.id} data-kind={kind} data-state={view.state}>
      <header class="call-head">
        <div>
          <h1 ref={heading} tabIndex={-1} data-testid="call-title">
            {isProspect(view) ? nameOf(view, t) : `${t.call.customer} ${nameOf(view, t)}`}
          </h1>
          <p class="muted">
            {[t.direction[view.direction], pick(view.purpose, lang), t.call.policy(pick(view.policy.name, lang))].join(t.sep)}
          </p>
        </div>
        {canCancel(view) && (
          <button type="button" class="btn" data-testid="cancel" disabled={desk.state.value.busy} onClick={() => void desk.work.cancel(view)}>
            {t.call.cancel}
          </button>
        )}
      </header>
      <Badge view={view} kind={kind} />
      {view.fallback && <FallbackPart view={view} />}
      <Failure />
      {view.call && <Dial call={view.call} kind={kind} />}
      {view.payment && <Terms payment={view.payment} />}
      {kind === "invited" && <InvitationCard view={view} />}
      <Steps view={view} kind={outcomeOf(view, desk.now.value)} />
      <Script view={view} kind={kind} />
      <Next view={view} kind={kind} />
      {!view.fallback && <FallbackPart view={view} />}
      <Panel view={view} kind={kind} />
    </article>
  );
}

function Steps({ view, kind }: { view: View; kind: Kind }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const time = (ms: number): string => formatTime(ms, desk.lang.value);
  const open = isOpen(view);
  const ended = view.decided_at ?? (view.state === "expired" ? view.expires_at : view.created_at);
  const just = (at: string): string[] => [at];
  // What was decided stays what it was, also when its validity is over.
  const result = t.kinds[kind === "lapsed" || (view.call && view.state === "passed") ? "verified" : kind].short;
  const steps = [
    { key: "sent", name: t.steps.sent, at: view.state === "unreachable" && view.detail === "not_enrolled" ? null : view.created_at, facts: just },
    { key: "delivered", name: t.steps.delivered, at: view.delivered_at, facts: (at: string) => [at, t.steps.after((((view.delivered_at ?? 0) - view.created_at) / 1000).toFixed(1))] },
    { key: "opened", name: t.steps.opened, at: view.opened_at, facts: just },
    { key: "result", name: t.steps.result, at: open ? null : ended, facts: (at: string) => [result, at] },
  ];
  const waitsAt = open ? steps.findIndex((step) => step.at === null) : -1;
  return (
    <ol role="list" class="steps" aria-label={t.steps.title} data-testid="steps">
      {steps.map((step, i) => (
        <li key={step.key} class={`step${i === waitsAt ? " step-now" : ""}`} data-testid={`step-${step.key}`} data-done={step.at !== null} aria-current={i === waitsAt ? "step" : undefined}>
          <span class="step-name">
            {step.at !== null && <StepMark result={step.key === "result" ? kind : null} />}
            {step.name}
          </span>
          <span class="step-time tabular">
            {step.at === null ? (open ? t.steps.waiting : t.steps.none) : step.facts(time(step.at)).join(t.sep)}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** A finished step has a check; the result has its own shape, as a check beside a refusal would mislead. */
function StepMark({ result }: { result: Kind | null }): JSX.Element {
  const t = useDesk().texts.value;
  const look = result === null ? null : LOOKS[result];
  return <span class={`step-mark ink-${look?.tone ?? "verified"}`}>{look === null ? <Check label={t.steps.done} /> : <Seal shape={look.shape} size={18} />}</span>;
}

function Script({ view, kind }: { view: View; kind: Kind }): JSX.Element | null {
  const desk = useDesk();
  const lang = desk.lang.value;
  const s = desk.texts.value.script;
  const which = scriptOf(kind);
  if (which === "none" || isStopped(view, kind)) return null;
  const code = view.match_code;
  const words: Record<typeof which, ComponentChildren> = {
    waiting: code === null ? s.waitingNoCode : view.direction === "outbound" ? s.sayFirst(code) : s.waiting(code),
    verified: s.verified(pick(view.purpose, lang)),
    lapsed: s.lapsed,
    call: callScript(desk, view),
    approved: s.approved,
    invited: s.invited,
    weaker: s.weaker,
    other: s.other,
  };
  return (
    <section class="script" aria-labelledby="script-title" data-testid="script" data-script={which}>
      <h2 id="script-title">{s.title}</h2>
      <p>{words[which]}</p>
    </section>
  );
}

function Next({ view, kind }: { view: View; kind: Kind }): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value;
  if (isWaiting(kind)) return null;
  return (
    <section class="next" aria-labelledby="next-title" data-testid="next">
      <h2 id="next-title">{t.next.title}</h2>
      <ol>
        {(isStopped(view, kind) ? t.dial.stopped : t.kinds[kind].next).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {canResend(view, kind) && desk.work.company(view) !== null && (
        <button type="button" class="btn btn-primary" data-testid="resend" disabled={desk.state.value.busy} onClick={() => void desk.work.resend(view)}>
          {t.next.resend}
        </button>
      )}
    </section>
  );
}

/** An announced call until it rings; anything else while it waits. */
const canCancel = (view: View): boolean => (view.call ? view.call.state === "announced" || view.call.state === "confirmed" : isOpen(view));

/** What is to be paid, as the customer sees it; nothing of what it is paid with. */
function Terms({ payment }: { payment: PaymentPart }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value.terms;
  return (
    <section class="dial" aria-label={t.payTitle} data-testid="terms">
      <dl class="dial-facts">
        <div>
          <dt>{t.payee}</dt>
          <dd data-testid="payee">{payment.payee}</dd>
        </div>
        <div>
          <dt>{t.amount}</dt>
          <dd class="tabular" data-testid="amount">
            {money(payment.amount, payment.currency, desk.lang.value)}
          </dd>
        </div>
        <div>
          <dt>{t.instrument}</dt>
          <dd>{payment.instrument}</dd>
        </div>
        <div>
          <dt>{t.order}</dt>
          <dd class="tabular">{payment.order}</dd>
        </div>
      </dl>
    </section>
  );
}

/** Holds nothing until verified because nothing was sent here, not because it is covered. */
function Panel({ view, kind }: { view: View; kind: Kind }): JSX.Element {
  const t = useDesk().texts.value.panel;
  if (kind === "weaker-accepted") {
    return (
      <section class="panel panel-held panel-weaker" aria-label={t.title} data-testid="customer-panel" data-open={false}>
        <p class="panel-title">{t.weaker}</p>
        <p class="muted">{t.weakerNote}</p>
      </section>
    );
  }
  const open = kind === "verified" || kind === "confirmed" || kind === "ringing" || kind === "talking";
  const sealed = isTerms(view);
  return (
    <section class={`panel ${open ? "panel-open" : "panel-held"}`} aria-label={t.title} data-testid="customer-panel" data-open={open}>
      <p class="panel-title">{sealed ? t.sealed : open ? (view.handle === null ? t.openEligible : t.open) : t.held}</p>
      <p class="muted">{sealed ? t.sealedNote : open ? (view.handle === null ? t.openProspect(view.reference) : t.openNote(view.handle)) : t.heldNote}</p>
    </section>
  );
}
