import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { kindOf, LOOKS, type Kind } from "../core/present.ts";
import { useDesk } from "./context.ts";

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
  const { calls } = desk.state.value;
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
      const text = [calls[id]?.handle ?? "", t.kinds[kind].word, t.kinds[kind].note].join(t.sep);
      (LOOKS[kind].urgency === "alert" ? setAlert : setStatus)((said) => ({ text, n: said.n + 1 }));
    }
  }, [calls, now]);

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
