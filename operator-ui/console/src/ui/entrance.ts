import { CompanyLogin, PasskeyLogin, type CompanyPlatform, type Invitation, type PasskeyPlatform } from "@honnin/kit";
import type { Api } from "../core/api.ts";
import { ApiError, errorKey, type ErrorKey } from "../core/errors.ts";

/** What a used or unknown invitation's code means at the door. */
export const SPENT: Readonly<Partial<Record<ErrorKey, ErrorKey>>> = { "not-found": "invitation-spent", expired: "invitation-spent", "already-decided": "invitation-spent" };

/** The better sentence for a failure at the door, where there is one. */
export const spent = (thrown: unknown): ErrorKey => {
  const key = errorKey(thrown);
  return SPENT[key] ?? key;
};

/** The ways in: passkey, invitation, a company's own sign-in. */
export class Entrance {
  readonly passkey: PasskeyLogin;
  readonly company: CompanyLogin;

  constructor(api: Api, platform: PasskeyPlatform & Pick<CompanyPlatform, "leave" | "storage">, now: () => number) {
    this.passkey = new PasskeyLogin(api.session, platform, now);
    this.company = new CompanyLogin(api.session, { page: "console", storage: platform.storage, leave: platform.leave });
  }

  /** Registers a passkey with an invitation, and goes in. */
  accept(token: string, invitation: Invitation): Promise<void> {
    return this.passkey.accept(token, invitation).catch((thrown: unknown) => instead(thrown, SPENT));
  }

  /** Leaves for a company's own sign-in. */
  leave(company: string): Promise<void> {
    return this.company.leave(company).catch((thrown: unknown) => instead(thrown, { "not-found": "company-unknown" }));
  }

  /** The same with an invitation. */
  leaveInvited(token: string): Promise<void> {
    return this.company.accept(token).catch((thrown: unknown) => instead(thrown, SPENT));
  }
}

function instead(thrown: unknown, said: Readonly<Partial<Record<ErrorKey, ErrorKey>>>): never {
  const better = said[errorKey(thrown)];
  throw thrown instanceof ApiError && better !== undefined ? new ApiError(better, thrown.status) : thrown;
}
