/** Round steps for an axis from 0 that reaches `top`: at most `count` of them. */
export function ticks(top: number, count = 4): number[] {
  if (!(top > 0)) return [0, 1];
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const whole = Math.max(step, 1);
  return Array.from({ length: Math.ceil(top / whole) + 1 }, (_, i) => i * whole);
}

/** One bar's part: where it begins and how tall it is, in the axis' unit. */
export interface Part<K> {
  key: K;
  from: number;
  size: number;
}

/** Piles values up in the order of `keys`; empty parts are left out. */
export function stack<K extends string>(values: Readonly<Record<K, number>>, keys: readonly K[]): Part<K>[] {
  let from = 0;
  const parts: Part<K>[] = [];
  for (const key of keys) {
    const size = Math.max(0, values[key]);
    if (size > 0) parts.push({ key, from, size });
    from += size;
  }
  return parts;
}

export const total = <K extends string>(values: Readonly<Record<K, number>>, keys: readonly K[]): number => keys.reduce((sum, key) => sum + Math.max(0, values[key]), 0);

/** Which of `count` labels fit: every n-th, the newest always among them. */
export function shown(count: number, room: number): (i: number) => boolean {
  const every = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return (i) => (count - 1 - i) % every === 0;
}

/** Runs of neighbouring points: a day without a value breaks the line instead of drawing through it. */
export function runs(values: readonly (number | null)[]): { i: number; value: number }[][] {
  const out: { i: number; value: number }[][] = [];
  let open: { i: number; value: number }[] | null = null;
  values.forEach((value, i) => {
    if (value === null) {
      open = null;
      return;
    }
    if (open === null) {
      open = [];
      out.push(open);
    }
    open.push({ i, value });
  });
  return out;
}
