import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { waitingForMe } from "../core/fallbacks.ts";
import { kindOf, LOOKS, type Kind } from "../core/present.ts";
import { useDesk } from "./context.ts";
import { aboutOf } from "./decide.tsx";
import { nameOf } from "./words.tsx";

interface Said {
  text: string;
  n: number;
}

/**
 * Two live regions, the only ones that speak of calls: each change of a call is said once. Countdowns never pass
 * through here, and the calls that were there when the desk opened are not read out.
 */
export function Announcer(): JSX.Element {
  const desk = useDesk();
  const { calls, fallbacks, me } = desk.state.value;
  const now = desk.now.value;
  const t = desk.texts.value;
  const known = useRef<Map<string, Kind> | null>(null);
  const [status, setStatus] = useState<Said>({ text: "", n: 0 });
  const [alert, setAlert] = useState<Said>({ text: "", n: 0 });

  useEffect(() => {
    const kinds = new Map(Object.values(calls).map((view) => [view.id, kindOf(view, now)] as const));
    const before = known.current;
    known.current = kinds;
    if (before === null) return;
    for (const [id, kind] of kinds) {
      if (before.get(id) === kind) continue;
      const view = calls[id];
      const text = [view === undefined ? "" : nameOf(view, t), t.kinds[kind].word, t.kinds[kind].note].join(t.sep);
      (LOOKS[kind].urgency === "alert" ? setAlert : setStatus)((said) => ({ text, n: said.n + 1 }));
    }
  }, [calls, now]);

  // A weaker check that begins to wait for this supervisor's word: somebody is on the line meanwhile.
  const asked = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const waiting = me === null ? [] : waitingForMe(fallbacks, me, calls, now);
    const fresh = waiting.find((it) => !asked.current.has(it.id));
    asked.current = new Set(waiting.map((it) => it.id));
    if (fresh !== undefined) setAlert((said) => ({ text: t.decide.say(aboutOf(fresh)), n: said.n + 1 }));
  }, [fallbacks, calls, now]);

  return (
    <div class="visually-hidden">
      <div role="status" data-testid="say-status">
        {status.text !== "" && <p key={status.n}>{status.text}</p>}
      </div>
      <div role="alert" data-testid="say-alert">
        {alert.text !== "" && <p key={alert.n}>{alert.text}</p>}
      </div>
    </div>
  );
}
