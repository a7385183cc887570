import { formatSpan, pick, Seal } from "@honnin/kit";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { stateOf, waitingForMe, type Listed } from "../core/fallbacks.ts";
import { useDesk } from "./context.ts";
import { Approvals } from "./fallback.tsx";
import { Failure } from "./topbar.tsx";

/** What a weaker check is about, in a word: the customer where the server says, else the session's reference. */
export const aboutOf = (it: Listed): string => it.handle ?? it.reference ?? it.verification;

/** In the queue: weaker checks that wait for this supervisor. */
export function Deciding(): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value;
  const { me, calls, fallbacks, selected } = desk.state.value;
  const now = desk.now.value;
  const waiting = me === null ? [] : waitingForMe(fallbacks, me, calls, now);
  if (waiting.length === 0) return null;
  return (
    <section aria-labelledby="deciding-title" data-testid="deciding">
      <div class="queue-head">
        <h2 id="deciding-title">{t.decide.queue(waiting.length)}</h2>
      </div>
      <ul role="list">
        {waiting.map((it) => (
          <li key={it.id}>
            <button type="button" class="row" data-testid="deciding-row" data-id={it.id} aria-current={selected === it.id ? "true" : undefined} onClick={() => desk.select(it.id)}>
              <span class="ink-weaker">
                <Seal shape="diamond" size={26} />
              </span>
              <span class="row-what">
                <span class="row-line">
                  <span class="row-handle">{aboutOf(it)}</span>
                  <span class="row-word">{t.decide.short}</span>
                </span>
                <span class="row-line row-sub">
                  <span>{it.purpose === undefined ? t.fallback.reasons[it.reason] : pick(it.purpose, desk.lang.value)}</span>
                  <span class="row-time tabular">{formatSpan(it.expires_at - now)}</span>
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One weaker check, and a supervisor's word on it: refusing is as large as approving, and neither has the focus. */
export function Decide({ fallback }: { fallback: Listed }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const d = t.decide;
  const lang = desk.lang.value;
  const { me, busy } = desk.state.value;
  const now = desk.now.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const given = fallback.approvals.some((by) => by.person === me?.person.id);
  const open = fallback.over !== true && stateOf(fallback, now) === "waiting";
  const facts: [string, string][] = [
    ...(fallback.handle === undefined ? [] : [[t.start.handle, fallback.handle] as [string, string]]),
    [t.aside.reference, fallback.reference ?? fallback.verification],
    ...(fallback.purpose === undefined ? [] : [[t.start.purpose, pick(fallback.purpose, lang)] as [string, string]]),
    ...(fallback.asker === undefined ? [] : [[d.asker, pick(fallback.asker.label, lang)] as [string, string]]),
    [t.fallback.reason, t.fallback.reasons[fallback.reason]],
  ];
  return (
    <article class="call decide" data-testid="decide" data-id={fallback.id} data-open={open}>
      <header class="call-head">
        <h1 ref={heading} tabIndex={-1}>
          {d.title}
        </h1>
      </header>
      <section class="badge tone-weaker">
        <Seal shape="diamond" size={136} />
        <div class="badge-text">
          <h2 class="badge-word">{open ? d.word : d.over}</h2>
          <p class="badge-note">{t.fallback.weaker}</p>
          {open && <p class="badge-note tabular">{t.call.remaining(formatSpan(fallback.expires_at - now))}</p>}
        </div>
      </section>
      <dl class="facts decide-facts">
        {facts.map(([name, value]) => (
          <>
            <dt key={`${name}-name`}>{name}</dt>
            <dd key={name}>{value}</dd>
          </>
        ))}
      </dl>
      <Approvals fallback={fallback} />
      <Failure />
      {open && !given && (
        <>
          <section class="next" aria-label={d.before}>
            <h2>{d.before}</h2>
            <ol>
              {d.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </section>
          <div class="twin">
            <button type="button" class="btn" data-testid="decide-refuse" disabled={busy} onClick={() => void desk.work.decide(fallback.id, "refuse")}>
              {d.refuse}
            </button>
            <button type="button" class="btn" data-testid="decide-approve" disabled={busy} onClick={() => void desk.work.decide(fallback.id, "approve")}>
              {d.approve}
            </button>
          </div>
        </>
      )}
      {open && given && (
        <p role="status" data-testid="decide-given">
          {d.given}
        </p>
      )}
    </article>
  );
}
