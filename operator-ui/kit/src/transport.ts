export interface TransportOptions {
  fetch: typeof fetch;
  /** This machine's clock, milliseconds. */
  now: () => number;
  /** Milliseconds without an answer after which a call counts as offline. */
  timeout?: number;
  /** The error to throw for a refusal: its HTTP status (0: no answer came) and its problem document, if it had one. */
  fail: (status: number, problem: unknown) => Error;
}

/** An answer with the moments (this machine's clock) between which the server wrote it. */
export interface Timed<T> {
  value: T;
  sentAt: number;
  receivedAt: number;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Same-origin JSON calls with the page's own cookie; no redirect is followed and nothing is cached. */
export class Transport {
  readonly #options: TransportOptions;
  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async json<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body);
    try {
      return (await response.json()) as T;
    } catch {
      throw this.#options.fail(response.status, null);
    }
  }

  async timed<T>(path: string): Promise<Timed<T>> {
    const sentAt = this.#options.now();
    const value = await this.json<T>("GET", path);
    return { value, sentAt, receivedAt: this.#options.now() };
  }

  async none(method: Method, path: string, body?: unknown): Promise<void> {
    await this.#send(method, path, body);
  }

  async text(path: string): Promise<string> {
    return (await this.#send("GET", path, undefined)).text();
  }

  async #send(method: Method, path: string, body: unknown): Promise<Response> {
    let response: Response;
    try {
      response = await this.#options.fetch(path, {
        method,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(this.#options.timeout ?? 10_000),
        headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw this.#options.fail(0, null);
    }
    if (response.ok) return response;
    const problem: unknown = await response.json().catch(() => null);
    throw this.#options.fail(response.status, problem);
  }
}
