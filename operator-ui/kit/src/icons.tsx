import type { ComponentChildren, JSX } from "preact";

/**
 * The shapes that tell states apart without colour. `closed` only ever stands for a verdict that the server sent;
 * `diamond` and `half` (half filled) for a weaker check, asked for and accepted: no circle, so that neither passes for it.
 */
export type SealShape = "closed" | "open" | "octagon" | "clock" | "dashed" | "struck" | "diamond" | "half";

export interface SealProps {
  shape: SealShape;
  /** Edge length in CSS pixels. From 64 up the closed seal carries 本人, below that a check mark. */
  size?: number;
  /** `open` only: how much of the ring is drawn, 0 to 1. */
  progress?: number;
  /** `closed` only: draw the ring shut (240 ms; nothing moves under reduced motion). */
  closing?: boolean;
  /** Accessible name; without it the shape is decoration beside its word. */
  label?: string;
}

function Svg(props: { size: number; box: number; label?: string | undefined; class?: string | undefined; children: ComponentChildren }): JSX.Element {
  const named = props.label === undefined ? { "aria-hidden": "true" as const } : { role: "img" as const, "aria-label": props.label };
  return (
    <svg width={props.size} height={props.size} viewBox={`0 0 ${props.box} ${props.box}`} fill="none" stroke="currentColor" class={props.class} focusable="false" {...named}>
      {props.children}
    </svg>
  );
}

/** 本 as strokes in a 40-unit square: the same on machines without a Japanese font. */
const HON = "M4 11H36M20 2V39M18.5 12C15 20 9.5 26 2.5 30.5M21.5 12C25 20 30.5 26 37.5 30.5M12 29.5H28";
const NIN = "M20 3C20 16 15.5 28.5 3.5 37M20 8C21 20 26.5 30.5 37 37";

function octagon(centre: number, radius: number): string {
  const corner = (i: number): string => {
    const angle = Math.PI / 8 + (i * Math.PI) / 4;
    return `${(centre + radius * Math.cos(angle)).toFixed(2)},${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return Array.from({ length: 8 }, (_, i) => corner(i)).join(" ");
}

/** The signature shape (印), in each of its states. */
export function Seal({ shape, size = 24, progress = 0.78, closing = false, label }: SealProps): JSX.Element {
  const large = size >= 64;
  const width = large ? 6 : 13;
  const r = 60 - width / 2 - 2;
  const cls = `seal seal-${shape}${closing ? " seal-closing" : ""}`;
  const drawn = Math.max(0.02, Math.min(1, progress)) * 100;
  return (
    <Svg size={size} box={120} label={label} class={cls}>
      {shape === "closed" && (
        <>
          <circle class="seal-ring" cx="60" cy="60" r={r} stroke-width={width} pathLength={100} stroke-dasharray="100" transform="rotate(-90 60 60)" />
          <g class="seal-mark">
            {large ? (
              <>
                <circle cx="60" cy="60" r="46" stroke-width="1.5" opacity="0.6" />
                <path d={HON} transform="translate(41.5 21) scale(0.92)" stroke-width="6.5" />
                <path d={NIN} transform="translate(41.5 61) scale(0.92)" stroke-width="6.5" />
              </>
            ) : (
              <path d="M36 62L53 79L85 43" stroke-width="13" stroke-linecap="round" stroke-linejoin="round" />
            )}
          </g>
        </>
      )}
      {shape === "open" && (
        <circle cx="60" cy="60" r={r} stroke-width={width} stroke-linecap="round" pathLength={100} stroke-dasharray={`${drawn} ${100 - drawn}`} transform="rotate(-90 60 60)" />
      )}
      {shape === "octagon" && (
        <>
          <polygon points={octagon(60, 57 - width / 2)} stroke-width={width} stroke-linejoin="round" />
          <path d="M43 43L77 77M77 43L43 77" stroke-width={large ? 9 : 13} stroke-linecap="round" />
        </>
      )}
      {shape === "clock" && (
        <>
          <circle cx="60" cy="60" r={r} stroke-width={width} />
          <path d="M60 30V62L80 74" stroke-width={large ? 7 : 13} stroke-linecap="round" stroke-linejoin="round" />
        </>
      )}
      {shape === "dashed" && <circle cx="60" cy="60" r={r} stroke-width={width} pathLength={96} stroke-dasharray={large ? "7 5" : "6 6"} />}
      {(shape === "diamond" || shape === "half") && (
        <>
          <path d="M60 8L112 60L60 112L8 60Z" stroke-width={width} stroke-linejoin="round" />
          {shape === "half" && <path d="M60 24V96L24 60Z" fill="currentColor" stroke="none" />}
        </>
      )}
      {shape === "struck" && (
        <>
          <circle cx="60" cy="60" r={r} stroke-width={width} />
          <path d="M36 60H84" stroke-width={large ? 9 : 13} stroke-linecap="round" />
        </>
      )}
    </Svg>
  );
}

/** The brand: 本 in a circle. */
export function BrandMark({ size = 26, label }: { size?: number; label?: string }): JSX.Element {
  return (
    <Svg size={size} box={60} label={label}>
      <circle cx="30" cy="30" r="27.5" stroke-width="4" />
      <path d={HON} transform="translate(14.5 13.5) scale(0.78)" stroke-width="6" />
    </Svg>
  );
}

/** Which way the call runs, from the customer's side: `out` = the customer called, `in` = the company called. */
export function DirectionArrow({ to, size = 20, label }: { to: "in" | "out"; size?: number; label?: string }): JSX.Element {
  return (
    <Svg size={size} box={24} label={label}>
      <path d={to === "out" ? "M6 18L18 6M8 6H18V16" : "M18 6L6 18M16 18H6V8"} stroke-width="2.5" stroke-linecap="square" />
    </Svg>
  );
}

/** A plain check mark, for lists and finished steps. */
export function Check({ size = 18, label }: { size?: number; label?: string }): JSX.Element {
  return (
    <Svg size={size} box={24} label={label}>
      <path d="M5 13L10 19L19 5" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" />
    </Svg>
  );
}
