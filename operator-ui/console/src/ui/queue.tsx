import { formatSpan, formatTime, pick, Seal } from "@honnin/kit";
import type { JSX } from "preact";
import { isUpcoming, upcoming } from "../core/calls.ts";
import { isWaiting, kindOf, LOOKS } from "../core/present.ts";
import { queue } from "../core/state.ts";
import { isOpen, type View } from "../core/types.ts";
import { useDesk } from "./context.ts";
import { Deciding } from "./decide.tsx";
import { windowText } from "./dial.tsx";
import { nameOf } from "./words.tsx";

/** Today's calls: shape, word, direction, time. */
export function Queue(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const rows = queue(desk.state.value);
  const { selected } = desk.state.value;
  const announced = upcoming(Object.values(desk.state.value.calls));
  return (
    <nav class="queue" aria-labelledby="queue-title" data-testid="queue">
      <Deciding />
      {announced.length > 0 && (
        <section aria-labelledby="upcoming-title" data-testid="upcoming">
          <div class="queue-head">
            <h2 id="upcoming-title">{t.queue.upcoming}</h2>
          </div>
          <ul role="list">
            {announced.map((view) => (
              <Row key={view.id} view={view} />
            ))}
          </ul>
        </section>
      )}
      <div class="queue-head">
        <h2 id="queue-title">{t.queue.title}</h2>
        <button type="button" class="btn queue-add" data-testid="new-call" aria-current={selected === null ? "page" : undefined} onClick={() => desk.select(null)}>
          {t.queue.add}
        </button>
      </div>
      {rows.length === 0 ? (
        <p class="queue-empty">{t.queue.empty}</p>
      ) : (
        <ul role="list">
          {rows.map((view) => (
            <Row key={view.id} view={view} />
          ))}
        </ul>
      )}
    </nav>
  );
}

function Row({ view }: { view: View }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  // A call that is over for good does not listen to the clock: a day's queue may hold hundreds.
  const ticks = isOpen(view) || view.state === "passed" || isUpcoming(view) || view.fallback?.state === "waiting";
  const now = ticks ? desk.now.value : view.expires_at;
  const kind = kindOf(view, now);
  const look = LOOKS[kind];
  return (
    <li>
      <button
        type="button"
        class="row"
        data-testid="queue-row"
        data-id={view.id}
        data-kind={kind}
        aria-current={desk.state.value.selected === view.id ? "true" : undefined}
        onClick={() => desk.select(view.id)}
      >
        <span class={`ink-${look.tone}`}>
          <Seal shape={look.shape} size={26} />
        </span>
        <span class="row-what">
          <span class="row-line">
            <span class="row-handle">{nameOf(view, t)}</span>
            <span class="row-word">{t.kinds[kind].short}</span>
          </span>
          {view.call && <span class="row-sub tabular">{windowText(view.call, lang)}</span>}
          <span class="row-line row-sub">
            <span>{[t.direction[view.direction], pick(view.purpose, lang)].join(t.sep)}</span>
            {!view.call && <span class="row-time tabular">{isWaiting(kind) ? formatSpan(now - view.created_at) : formatTime(view.created_at, lang, { seconds: false })}</span>}
          </span>
        </span>
      </button>
    </li>
  );
}
