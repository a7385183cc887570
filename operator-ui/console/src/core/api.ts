import { SessionApi, Transport, type Timed } from "@honnin/kit";
import { ApiError, problemKey } from "./errors.ts";
import type { CallList, Me, NewCall, View } from "./types.ts";

export interface ApiOptions {
  fetch: typeof fetch;
  now: () => number;
}

/** The operator's calls of docs/protocol.md and docs/admin-api.md. Every failure is an {@link ApiError}. */
export class Api {
  readonly #transport: Transport;
  readonly session: SessionApi;
  constructor(options: ApiOptions) {
    this.#transport = new Transport({ ...options, fail: (status, problem) => new ApiError(status === 0 ? "offline" : problemKey(status, problem), status) });
    this.session = new SessionApi(this.#transport);
  }

  me = (): Promise<Timed<Me>> => this.#transport.timed("/v1/operator/me");
  calls = (): Promise<Timed<CallList>> => this.#transport.timed("/v1/verifications");
  start = (call: NewCall): Promise<View> => this.#transport.json("POST", "/v1/verifications", call);
  cancel = (id: string): Promise<View> => this.#transport.json("POST", `/v1/verifications/${encodeURIComponent(id)}/cancel`);
}
