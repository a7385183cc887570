export interface IdleOptions {
  /** Milliseconds without input before the lock. */
  limit: number;
  /** How long before the lock the warning stands. */
  warnBefore: number;
  now: () => number;
  onWarn: (near: boolean) => void;
  onIdle: () => void;
}

/**
 * Decides when the console has been left alone. It keeps moments, not timers, so a machine that slept
 * is found idle at its first check after waking. The owner calls `check` at least each second.
 */
export class IdleTimer {
  readonly #options: IdleOptions;
  #last: number;
  #warned = false;
  #done = false;

  constructor(options: IdleOptions) {
    this.#options = options;
    this.#last = options.now();
  }

  /** A person did something. Input after the limit has passed does not save the session. */
  touch(): void {
    this.check();
    if (this.#done) return;
    this.#last = this.#options.now();
    this.#warn(false);
  }

  check(): void {
    if (this.#done) return;
    const idle = this.#options.now() - this.#last;
    if (idle >= this.#options.limit) {
      this.#done = true;
      this.#warn(false);
      this.#options.onIdle();
    } else {
      this.#warn(idle >= this.#options.limit - this.#options.warnBefore);
    }
  }

  #warn(near: boolean): void {
    if (near === this.#warned) return;
    this.#warned = near;
    this.#options.onWarn(near);
  }
}
