import type { JSX } from "preact";
import type { View } from "../core/types.ts";
import type { Texts } from "../i18n/types.ts";

/** What a session is called: by the customer's handle; a prospect has none, and goes by the reference. */
export const nameOf = (view: View, t: Texts): string => view.handle ?? `${t.call.prospect} ${view.reference}`;

/** A plain list of what a policy proves. */
export function WordList({ items }: { items: readonly string[] }): JSX.Element {
  return (
    <ul role="list" class="words">
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}
