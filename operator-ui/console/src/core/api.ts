import { SessionApi, Transport, type Timed } from "@honnin/kit";
import { ApiError, problemKey } from "./errors.ts";
import type { AnnouncedList, CallList, CallMove, Fallback, FallbackList, FallbackMethod, FallbackReason, Invitation, LostPhone, Me, NewAnnouncement, NewCall, NewEligibility, NewOrder, NewPayment, View } from "./types.ts";

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
  invite = (asked: NewEligibility): Promise<View & { invitation: Invitation }> => this.#transport.json("POST", "/v1/eligibility", asked);
  lost = (phone: LostPhone): Promise<{ phones: number }> => this.#transport.json("POST", "/v1/customers/lost", phone);
  fallbacks = (): Promise<Timed<FallbackList>> => this.#transport.timed("/v1/fallbacks");
  fallback = (verification: string, asked: { method: FallbackMethod; reason: FallbackReason }): Promise<Fallback> =>
    this.#transport.json("POST", `/v1/verifications/${encodeURIComponent(verification)}/fallback`, asked);
  decide = (fallback: string, word: "approve" | "refuse"): Promise<void> => this.#transport.none("POST", `/v1/fallbacks/${encodeURIComponent(fallback)}/${word}`);
  cancel = (id: string): Promise<View> => this.#transport.json("POST", `/v1/verifications/${encodeURIComponent(id)}/cancel`);
}
