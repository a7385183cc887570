import { SessionApi, Transport, type Timed } from "@honnin/kit";
import { ApiError, problemKey } from "./errors.ts";
import type { AnnouncedList, CallList, CallMove, Me, NewAnnouncement, NewCall, NewOrder, NewPayment, View } from "./types.ts";

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
  announced = (): Promise<Timed<AnnouncedList>> => this.#transport.timed("/v1/calls");
  announce = (call: NewAnnouncement): Promise<View> => this.#transport.json("POST", "/v1/calls", call);
  move = (call: string, state: CallMove): Promise<View> => this.#transport.json("POST", `/v1/calls/${encodeURIComponent(call)}/state`, { state });
  cancelCall = (call: string): Promise<View> => this.#transport.json("POST", `/v1/calls/${encodeURIComponent(call)}/cancel`);
  pay = (payment: NewPayment): Promise<View> => this.#transport.json("POST", "/v1/payments", payment);
  order = (order: NewOrder): Promise<View> => this.#transport.json("POST", "/v1/orders", order);
  cancel = (id: string): Promise<View> => this.#transport.json("POST", `/v1/verifications/${encodeURIComponent(id)}/cancel`);
}
