import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { runs, shown, stack, ticks, total } from "../core/charts.ts";
import { OUTCOMES, type Day, type Outcome } from "../core/types.ts";
import { useOffice } from "./context.ts";

/** The width that the chart has, so that its text keeps its size instead of scaling with the picture. */
function useWidth(): [RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const el = box.current;
    if (el === null || typeof ResizeObserver === "undefined") return undefined;
    const watch = new ResizeObserver(() => {
      if (el.clientWidth > 0) setWidth(el.clientWidth);
    });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

const HEIGHT = 240;
/** Room for the axis' words. */
const LEFT = 60;
/** Half a day's name. */
const HALF = 26;
const BOTTOM = 28;
const TOP = 10;

interface Frame {
  width: number;
  x: (i: number) => number;
  y: (value: number) => number;
  step: number;
}

/** Axes, grid and labels; `draw` fills them. Its meaning is in `label`, its values in the table beside it. */
function Plot(props: { label: string; testid: string; days: readonly string[]; top: number; unit: (value: number) => string; defs?: ComponentChildren; draw: (frame: Frame) => ComponentChildren }): JSX.Element {
  const f = useOffice().format.value;
  const [box, width] = useWidth();
  const marks = ticks(props.top);
  const max = marks.at(-1) ?? 1;
  const step = (width - LEFT - 8) / Math.max(1, props.days.length);
  const frame: Frame = { width, step, x: (i) => LEFT + (i + 0.5) * step, y: (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / max) };
  const label = shown(props.days.length, Math.floor((width - LEFT) / 64));
  return (
    <div ref={box} class="plot" data-testid={props.testid}>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-label={props.label}>
        {props.defs}
        {marks.map((mark) => (
          <g key={mark}>
            <line x1={LEFT} x2={width} y1={frame.y(mark)} y2={frame.y(mark)} class={mark === 0 ? "axis" : "grid"} />
            <text x={LEFT - 8} y={frame.y(mark) + 4} text-anchor="end" class="mark">
              {props.unit(mark)}
            </text>
          </g>
        ))}
        {props.days.map((day, i) =>
          label(i) ? (
            <text key={day} x={Math.min(frame.x(i), width - HALF)} y={HEIGHT - 8} text-anchor="middle" class="mark">
              {f.monthDay(day)}
            </text>
          ) : null,
        )}
        {props.draw(frame)}
      </svg>
    </div>
  );
}

/** Each outcome has a colour of the states and a pattern of its own, so that either alone tells it apart. */
function Patterns({ id }: { id: string }): JSX.Element {
  const tile = { width: 8, height: 8, patternUnits: "userSpaceOnUse" } as const;
  return (
    <defs>
      <pattern id={`${id}-passed`} {...tile}>
        <rect width="8" height="8" class="fill-verified" />
      </pattern>
      <pattern id={`${id}-denied`} {...tile}>
        <rect width="8" height="8" class="fill-refused" />
      </pattern>
      <pattern id={`${id}-failed`} {...tile}>
        <rect width="8" height="8" class="fill-refused-tint" />
        <path d="M0 0L8 8M8 0L0 8" class="line-refused" />
      </pattern>
      <pattern id={`${id}-expired`} {...tile}>
        <rect width="8" height="8" class="fill-waiting-tint" />
        <path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" class="line-waiting" />
      </pattern>
      <pattern id={`${id}-unreachable`} {...tile}>
        <rect width="8" height="8" class="fill-unreachable-tint" />
        <circle cx="4" cy="4" r="1.6" class="fill-unreachable" />
      </pattern>
      <pattern id={`${id}-cancelled`} {...tile}>
        <rect width="8" height="8" class="fill-surface" />
        <path d="M0 4H8" class="line-unreachable" />
      </pattern>
    </defs>
  );
}

/** Outcomes by day, piled up. */
export function OutcomeChart({ days, label }: { days: readonly Day[]; label: string }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const f = office.format.value;
  const id = useId();
  return (
    <>
      <ul role="list" class="legend" aria-hidden="true">
        {OUTCOMES.map((outcome) => (
          <li key={outcome}>
            <Swatch id={id} outcome={outcome} />
            {t.outcomes[outcome]}
          </li>
        ))}
      </ul>
      <Plot
        label={label}
        testid="outcome-chart"
        days={days.map((day) => day.day)}
        top={Math.max(0, ...days.map((day) => total(day, OUTCOMES)))}
        unit={f.number}
        defs={<Patterns id={id} />}
        draw={({ x, y, step }) => {
          const width = Math.max(2, Math.min(40, step * 0.7));
          return days.map((day, i) =>
            stack(day, OUTCOMES).map((part) => (
              <rect
                key={`${day.day}-${part.key}`}
                data-outcome={part.key}
                x={x(i) - width / 2}
                width={width}
                y={y(part.from + part.size)}
                height={Math.max(1, y(part.from) - y(part.from + part.size))}
                fill={`url(#${id}-${part.key})`}
                class={`bar-part bar-${part.key}`}
              >
                <title>{`${f.monthDay(day.day)} ${t.outcomes[part.key]} ${f.number(part.size)}`}</title>
              </rect>
            )),
          );
        }}
      />
    </>
  );
}

const Swatch = ({ id, outcome }: { id: string; outcome: Outcome }): JSX.Element => (
  <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
    <rect x="1" y="1" width="16" height="16" fill={`url(#${id}-${outcome})`} class={`bar-part bar-${outcome}`} />
  </svg>
);

export interface Line {
  name: string;
  values: readonly (number | null)[];
  shape: "round" | "square";
}

const Dot = ({ x, y, shape }: { x: number; y: number; shape: Line["shape"] }): JSX.Element =>
  shape === "round" ? <circle cx={x} cy={y} r="3.5" class={`dot-${shape}`} /> : <rect x={x - 3.5} y={y - 3.5} width="7" height="7" class={`dot-${shape}`} />;

/** Lines over the days; told apart by dash and by the points' shape. Values in milliseconds. */
export function TimeChart({ days, lines, label }: { days: readonly string[]; lines: readonly Line[]; label: string }): JSX.Element {
  const f = useOffice().format.value;
  const top = Math.max(0, ...lines.flatMap((line) => line.values.map((value) => (value ?? 0) / 1000)));
  return (
    <>
      <ul role="list" class="legend" aria-hidden="true">
        {lines.map((line) => (
          <li key={line.name}>
            <svg width="34" height="18" viewBox="0 0 34 18" aria-hidden="true">
              <path d="M0 9H34" class={`series series-${line.shape}`} />
              <Dot x={17} y={9} shape={line.shape} />
            </svg>
            {line.name}
          </li>
        ))}
      </ul>
      <Plot
        label={label}
        testid="time-chart"
        days={days}
        top={top}
        unit={(value) => f.seconds(value * 1000)}
        draw={({ x, y }) =>
          lines.map((line) => (
            <g key={line.name}>
              {runs(line.values).map((run) => (
                <path key={run[0]?.i} class={`series series-${line.shape}`} d={run.map((point, i) => `${i === 0 ? "M" : "L"}${x(point.i).toFixed(1)} ${y(point.value / 1000).toFixed(1)}`).join("")} />
              ))}
              {runs(line.values)
                .flat()
                .map((point) => (
                  <g key={point.i}>
                    <title>{`${f.monthDay(days[point.i] ?? "")} ${line.name} ${f.seconds(point.value)}`}</title>
                    <Dot x={x(point.i)} y={y(point.value / 1000)} shape={line.shape} />
                  </g>
                ))}
            </g>
          ))
        }
      />
    </>
  );
}
