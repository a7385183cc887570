/** `stale`: nothing heard for 5 s, so what is shown may be old. */
export type Link = "connecting" | "live" | "stale";

/** The part of EventSource that is used; tests bring their own. */
export interface Source {
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  readonly readyState: number;
  close(): void;
}

export interface StreamOptions {
  open: () => Source;
  now: () => number;
  later: (run: () => void, ms: number) => void;
  /** What to do with each kind of event; its data comes parsed. */
  on: Readonly<Record<string, (data: unknown) => void>>;
  onLink: (link: Link) => void;
  /** The stream was (re)opened: events may have been missed, so read the list. */
  onOpen: () => void;
  /** The server ended or refused the stream; true means that the session still stands: try again later. */
  onClosed: () => Promise<boolean>;
}

/** Silence after which the page says that it may be out of date. */
export const STALE_AFTER = 5_000;
const CLOSED = 2;

/** The live connection. EventSource resumes by itself after a drop; this watches for silence and for refusal. */
export class LiveStream {
  readonly #options: StreamOptions;
  #source: Source | null = null;
  #heard: number;
  #stopped = false;
  #wait = 500;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#heard = options.now();
    this.#connect();
  }

  /** Called at least each second. */
  check(): void {
    if (!this.#stopped && this.#options.now() - this.#heard >= STALE_AFTER) this.#options.onLink("stale");
  }

  stop(): void {
    this.#stopped = true;
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    const source = this.#options.open();
    this.#source = source;
    const guarded = (run: (event: MessageEvent<string>) => void) => (event: MessageEvent<string>) => {
      if (!this.#stopped && this.#source === source) run(event);
    };
    source.addEventListener("open", guarded(() => {
      this.#wait = 500;
      this.#alive();
      this.#options.onOpen();
    }));
    source.addEventListener("ping", guarded(() => this.#alive()));
    for (const [type, take] of Object.entries(this.#options.on)) {
      source.addEventListener(type, guarded((event) => {
        this.#alive();
        take(JSON.parse(event.data));
      }));
    }
    source.addEventListener("error", guarded(() => {
      if (source.readyState === CLOSED) void this.#refused();
      // The browser mends a drop by itself after some seconds; an ended session is not to stay on screen so long.
      else void this.#options.onClosed();
    }));
  }

  #alive(): void {
    this.#heard = this.#options.now();
    this.#options.onLink("live");
  }

  async #refused(): Promise<void> {
    this.#source?.close();
    this.#source = null;
    if (!(await this.#options.onClosed()) || this.#stopped) return;
    this.#options.later(() => {
      if (!this.#stopped) this.#connect();
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, 8_000);
  }
}
