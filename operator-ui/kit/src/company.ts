import type { SessionApi } from "./login.ts";

/** Which pages a login through a company can come back to. */
export type StaffPage = "console" | "admin";

/** What a company's identity provider sent the browser back with. */
export interface Return {
  state: string;
  code: string;
  iss?: string;
}

export interface CompanyPlatform {
  page: StaffPage;
  storage: Pick<Storage, "getItem" | "setItem"> | null;
  /** Leaves for another address. */
  leave: (url: string) => void;
}

/** Shared by both pages, which one person may use side by side. */
const COMPANY_KEY = "honnin-company";

/** Logging in through the company's identity provider: away to it, and back with a code. */
export class CompanyLogin {
  readonly #api: SessionApi;
  readonly #platform: CompanyPlatform;

  constructor(api: SessionApi, platform: CompanyPlatform) {
    this.#api = api;
    this.#platform = platform;
  }

  /** The company that was named last in this browser; empty when there was none. */
  get remembered(): string {
    return this.#platform.storage?.getItem(COMPANY_KEY) ?? "";
  }

  /** Whose sign-in let the person in, which an invitation did not say. */
  remember(company: string): void {
    this.#platform.storage?.setItem(COMPANY_KEY, company);
  }

  /** Leaves for the provider of a company. Remembered once its provider is known, so that a slip of the pen is not. */
  async leave(company: string): Promise<void> {
    const { redirect } = await this.#api.companyStart({ page: this.#platform.page, organisation: company });
    this.remember(company);
    this.#platform.leave(redirect);
  }

  /** Leaves for the provider of the company that an invitation is of. */
  async accept(invitation: string): Promise<void> {
    const { redirect } = await this.#api.companyStart({ page: this.#platform.page, invitation });
    this.#platform.leave(redirect);
  }

  finish = (back: Return): Promise<void> => this.#api.companyFinish(back);
}

/** What the address brought from a provider, taken out of it at once; `refused`: the provider let nobody in. */
export function takeReturn(location: Location, history: History): Return | "refused" | null {
  const found = new URLSearchParams(location.hash.slice(1));
  const [state, code, iss] = [found.get("state"), found.get("code"), found.get("iss")];
  if (state === null) return null;
  history.replaceState(null, "", location.pathname);
  return code === null ? "refused" : { state, code, ...(iss === null ? {} : { iss }) };
}
