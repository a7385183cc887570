import type { Localized } from "./i18n.ts";
import type { Return, StaffPage } from "./company.ts";
import type { Transport } from "./transport.ts";

export interface Invitation {
  operator: { name: Localized };
  /** Null: passkeys are not for this person. */
  passkey: PublicKeyCredentialCreationOptionsJSON | null;
  /** Whether the company's identity provider can let them in. */
  provider: boolean;
}

export interface Login {
  login: string;
  passkey: PublicKeyCredentialRequestOptionsJSON;
}

/** The session's calls, the same for every page that people log in to. */
export class SessionApi {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  invitation = (token: string): Promise<Invitation> => this.#transport.json("POST", `/v1/operator/invitations/${encodeURIComponent(token)}/start`);
  acceptInvitation = (token: string, response: RegistrationResponseJSON): Promise<void> =>
    this.#transport.none("POST", `/v1/operator/invitations/${encodeURIComponent(token)}/finish`, response);
  loginStart = (): Promise<Login> => this.#transport.json("POST", "/v1/operator/login/start");
  loginFinish = (login: string, response: AuthenticationResponseJSON): Promise<void> => this.#transport.none("POST", "/v1/operator/login/finish", { login, response });
  companyStart = (ask: { page: StaffPage; organisation: string } | { page: StaffPage; invitation: string }): Promise<{ redirect: string }> =>
    this.#transport.json("POST", "/v1/operator/login/provider/start", ask);
  companyFinish = (back: Return): Promise<void> => this.#transport.none("POST", "/v1/operator/login/provider/finish", back);
  lock = (): Promise<void> => this.#transport.none("POST", "/v1/operator/lock");
  logout = (): Promise<void> => this.#transport.none("POST", "/v1/operator/logout");
}

export interface PasskeyPlatform {
  createPasskey: (json: PublicKeyCredentialCreationOptionsJSON) => Promise<RegistrationResponseJSON>;
  getPasskey: (json: Login["passkey"]) => Promise<AuthenticationResponseJSON>;
  passkeysAvailable: () => boolean;
}

/** A fetched challenge older than this is fetched anew before use. */
const CHALLENGE_LIFE = 45_000;

/** Logging in with a passkey. The challenge is fetched before the tap: some browsers forget the gesture over an awaited fetch. */
export class PasskeyLogin {
  readonly #api: SessionApi;
  readonly #platform: PasskeyPlatform;
  readonly #now: () => number;
  #ready: { value: Login; at: number } | null = null;

  constructor(api: SessionApi, platform: PasskeyPlatform, now: () => number) {
    this.#api = api;
    this.#platform = platform;
    this.#now = now;
  }

  /** Fetches a challenge for the next tap; a failure is left for that tap to meet and show. */
  async prefetch(): Promise<void> {
    this.#ready = null;
    try {
      const value = await this.#api.loginStart();
      this.#ready = { value, at: this.#now() };
    } catch {
      // The tap fetches again and shows what is wrong.
    }
  }

  /** Logs in, and unlocks: the server treats both alike. Throws what the platform or the server says. */
  async login(): Promise<void> {
    this.#demand();
    const ready = this.#ready !== null && this.#now() - this.#ready.at < CHALLENGE_LIFE ? this.#ready.value : await this.#api.loginStart();
    this.#ready = null;
    try {
      const response = await this.#platform.getPasskey(ready.passkey);
      await this.#api.loginFinish(ready.login, response);
    } catch (thrown) {
      void this.prefetch();
      throw thrown;
    }
  }

  /** Makes the invited person's passkey. */
  async accept(token: string, invitation: Invitation): Promise<void> {
    if (invitation.passkey === null) throw new DOMException("no passkeys for this person", "NotSupportedError");
    this.#demand();
    await this.#api.acceptInvitation(token, await this.#platform.createPasskey(invitation.passkey));
  }

  #demand(): void {
    if (!this.#platform.passkeysAvailable()) throw new DOMException("no passkeys in this browser", "NotSupportedError");
  }
}

/** What a passkey prompt's failure means, or null for anything else. */
export function passkeyFailure(thrown: unknown): "passkey-cancelled" | "passkey-missing" | null {
  if (!(thrown instanceof DOMException)) return null;
  if (thrown.name === "NotAllowedError" || thrown.name === "AbortError") return "passkey-cancelled";
  if (thrown.name === "NotSupportedError" || thrown.name === "SecurityError") return "passkey-missing";
  return null;
}

/** The one-time token of an invitation link, taken out of the address at once so that it stays in no history. */
export function takeInvitation(location: Location, history: History): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("invite");
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token === "" ? null : token;
}
