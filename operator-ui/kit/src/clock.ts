/**
 * The server's clock as seen from here. Each timed answer bounds the difference to half its round trip;
 * the tightest bound of the last minutes is kept.
 */
export class ServerClock {
  readonly #now: () => number;
  #offset = 0;
  #error = Number.POSITIVE_INFINITY;
  #at = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes an answer that carried the server's time. */
  learn(server: number, sentAt: number, receivedAt: number): void {
    const error = Math.max(0, receivedAt - sentAt) / 2;
    if (error > this.#error && receivedAt - this.#at < 300_000) return;
    this.#offset = server - (sentAt + receivedAt) / 2;
    this.#error = error;
    this.#at = receivedAt;
  }

  /** Milliseconds since the epoch, by the server. */
  now(): number {
    return this.#now() + this.#offset;
  }
}
