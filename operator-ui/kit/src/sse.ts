/** One dispatched server-sent event. `id` is the last id seen, as `Last-Event-ID` wants it. */
export interface SseEvent {
  event: string;
  data: string;
  id: string;
}

/** Incremental parser of an event stream's text (WHATWG HTML, 9.2.6). An unfinished event at the end is dropped. */
export class SseParser {
  #buffer = "";
  #started = false;
  #data: string[] = [];
  #event = "";
  #id = "";
  /** Reconnection time in milliseconds that the server asked for, if it did. */
  retry: number | undefined;

  /** Id of the last event, for `Last-Event-ID`. */
  get lastEventId(): string {
    return this.#id;
  }

  /** Takes the next piece of text, returns the events that it completed. */
  push(text: string): SseEvent[] {
    let input = this.#buffer + text;
    if (!this.#started && input !== "") {
      this.#started = true;
      if (input.startsWith("\uFEFF")) input = input.slice(1);
    }
    const events: SseEvent[] = [];
    let from = 0;
    for (let i = 0; i < input.length; i += 1) {
      const c = input[i];
      if (c !== "\n" && c !== "\r") continue;
      // A CR at the end may be half of a CRLF: wait for the next piece.
      if (c === "\r" && i + 1 === input.length) break;
      this.#line(input.slice(from, i), events);
      if (c === "\r" && input[i + 1] === "\n") i += 1;
      from = i + 1;
    }
    this.#buffer = input.slice(from);
    return events;
  }

  #line(line: string, events: SseEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.#id });
      this.#data = [];
      this.#event = "";
      return;
    }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }
}

/** Events of a fetch response's body, until it ends or its request is aborted. */
export async function* readSse(body: ReadableStream<Uint8Array>, parser = new SseParser()): AsyncGenerator<SseEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
