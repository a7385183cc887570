import { ApiError, problemKey } from "./errors.ts";
import type { CallList, Me, NewCall, View } from "./types.ts";
import type { Localized } from "@honnin/kit";

export interface Invitation {
  operator: { name: Localized };
  passkey: PublicKeyCredentialCreationOptionsJSON;
}

export interface Login {
  login: string;
  passkey: PublicKeyCredentialRequestOptionsJSON;
}

/** An answer with the moments (this machine's clock) between which the server wrote it. */
export interface Timed<T> {
  value: T;
  sentAt: number;
  receivedAt: number;
}

export interface ApiOptions {
  fetch: typeof fetch;
  now: () => number;
  /** Milliseconds without an answer after which a call counts as offline. */
  timeout?: number;
}

/** The operator's calls of docs/protocol.md. Every failure is an {@link ApiError}. */
export class Api {
  readonly #options: ApiOptions;
  constructor(options: ApiOptions) {
    this.#options = options;
  }

  me = (): Promise<Timed<Me>> => this.#timed("/v1/operator/me");
  calls = (): Promise<Timed<CallList>> => this.#timed("/v1/verifications");
  start = (call: NewCall): Promise<View> => this.#json("POST", "/v1/verifications", call);
  cancel = (id: string): Promise<View> => this.#json("POST", `/v1/verifications/${encodeURIComponent(id)}/cancel`);
  lock = (): Promise<void> => this.#none("/v1/operator/lock");
  logout = (): Promise<void> => this.#none("/v1/operator/logout");
  invitation = (token: string): Promise<Invitation> => this.#json("POST", `/v1/operator/invitations/${encodeURIComponent(token)}/start`);
  acceptInvitation = (token: string, response: RegistrationResponseJSON): Promise<void> => this.#none(`/v1/operator/invitations/${encodeURIComponent(token)}/finish`, response);
  loginStart = (): Promise<Login> => this.#json("POST", "/v1/operator/login/start");
  loginFinish = (login: string, response: AuthenticationResponseJSON): Promise<void> => this.#none("/v1/operator/login/finish", { login, response });

  async #timed<T>(path: string): Promise<Timed<T>> {
    const sentAt = this.#options.now();
    const value = await this.#json<T>("GET", path);
    return { value, sentAt, receivedAt: this.#options.now() };
  }

  async #json<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body);
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError("unknown", response.status);
    }
  }

  async #none(path: string, body?: unknown): Promise<void> {
    await this.#send("POST", path, body);
  }

  async #send(method: "GET" | "POST", path: string, body: unknown): Promise<Response> {
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
      throw new ApiError("offline", 0);
    }
    if (response.ok) return response;
    const problem: unknown = await response.json().catch(() => null);
    throw new ApiError(problemKey(response.status, problem), response.status);
  }
}
