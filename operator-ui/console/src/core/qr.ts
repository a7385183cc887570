/** The dark squares of a QR code as one path in a square of `size` units. */
export interface Qr {
  size: number;
  path: string;
}

/** Reads the two things that are drawn out of the server's SVG; nothing else of it comes into the page. */
export function qrOf(svg: string): Qr | null {
  const box = /viewBox="0 0 (\d{1,5}) (\d{1,5})"/.exec(svg);
  const path = /<path [^>]*\bd="([MmHhVvZz0-9 .,-]{1,60000})"/.exec(svg)?.[1];
  if (box === null || box[1] !== box[2] || path === undefined) return null;
  return { size: Number(box[1]), path };
}
