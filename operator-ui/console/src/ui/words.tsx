import type { JSX } from "preact";

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
