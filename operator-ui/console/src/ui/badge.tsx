import { formatSpan, Seal } from "@honnin/kit";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isWaiting, LOOKS, timeLeft, type Kind } from "../core/present.ts";
import type { View } from "../core/types.ts";
import { useDesk } from "./context.ts";

/** Runs once the frame that holds the present DOM has been handed to the screen. */
function afterPaint(run: () => void): () => void {
  const channel = new MessageChannel();
  const frame = requestAnimationFrame(() => channel.port2.postMessage(null));
  channel.port1.onmessage = () => {
    channel.port1.close();
    run();
  };
  return () => {
    cancelAnimationFrame(frame);
    channel.port1.close();
  };
}

/** The verdict, readable at arm's length: shape, word and tint together. */
export function Badge({ view, kind }: { view: View; kind: Kind }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const now = desk.now.value;
  const look = LOOKS[kind];
  // A closed seal of any kind: a verdict of the server's.
  const verified = look.shape === "closed";
  const waiting = isWaiting(kind);
  const stale = desk.state.value.link === "stale" && (waiting || kind === "weaker-waiting");
  const first = useRef(kind);

  useLayoutEffect(() => {
    if (!verified) return undefined;
    return afterPaint(() => {
      performance.mark("honnin:badge-green", { detail: { verification: view.id } });
      desk.painted(view);
    });
  }, [verified, view.id]);

  return (
    <section class={`badge tone-${look.tone}${stale ? " badge-stale" : ""}`} aria-labelledby="badge-word" data-testid="badge" data-kind={kind} data-tone={look.tone} data-shape={look.shape}>
      <Seal shape={look.shape} size={136} progress={view.call ? 0.78 : timeLeft(view, now)} closing={verified && LOOKS[first.current].shape !== "closed"} />
      <div class="badge-text">
        <h2 id="badge-word" class="badge-word" data-testid="badge-word">
          {t.kinds[kind].word}
        </h2>
        {waiting && !view.call && (
          <p class="badge-wait tabular" data-testid="wait">
            {formatSpan(now - view.created_at)}
          </p>
        )}
        <p class="badge-note">
          {t.kinds[kind].note}
          {kind === "verified" && view.valid_until !== null && (
            <>
              {t.sep}
              <span class="tabular" data-testid="valid-left">
                {t.call.remaining(formatSpan(view.valid_until - now))}
              </span>
            </>
          )}
        </p>
        {waiting && !view.call && (
          <p class="badge-note tabular" data-testid="time-left">
            {t.call.remaining(formatSpan(view.expires_at - now))}
          </p>
        )}
        {kind === "weaker-waiting" && view.fallback && (
          <p class="badge-note tabular" data-testid="time-left">
            {t.call.remaining(formatSpan(view.fallback.expires_at - now))}
          </p>
        )}
        {stale && <p class="badge-note badge-old">{t.call.staleBadge}</p>}
      </div>
      {waiting && view.match_code !== null && (
        <p class="tile">
          <span class="tile-name">{view.direction === "outbound" ? t.call.sayFirst : t.call.number}</span>
          <span class="tile-number tabular" data-testid="match-code">
            {view.match_code}
          </span>
        </p>
      )}
      {verified && <Speed view={view} />}
    </section>
  );
}

/** Only for a verdict that this page saw come: anything else would be a made-up number. */
function Speed({ view }: { view: View }): JSX.Element | null {
  const desk = useDesk();
  const t = desk.texts.value;
  const ms = desk.state.value.painted[view.id];
  if (ms === undefined) return null;
  return (
    <p class="tile">
      <span class="tile-name">{t.call.speed}</span>
      <span class="tile-value tabular" data-testid="approve-to-display" data-ms={Math.round(ms)}>
        {t.call.seconds((ms / 1000).toFixed(2))}
      </span>
    </p>
  );
}
