import type { Api } from "../core/api.ts";
import type { Action, State } from "../core/state.ts";
import type { CallMove, FallbackMethod, FallbackReason, LostPhone, Me, NewAnnouncement, NewCall, NewEligibility, NewOrder, NewPayment, Purpose, View } from "../core/types.ts";

export interface WorkOptions {
  api: Api;
  state: () => State;
  apply: (action: Action) => void;
  /** Runs one thing at a time, and tells its failure on the screen. */
  busy: (run: () => Promise<void>) => Promise<void>;
}

/** What an operator does with calls, payments and orders. */
export class Work {
  readonly #o: WorkOptions;
  readonly #companies = new Map<string, string>();

  constructor(options: WorkOptions) {
    this.#o = options;
  }

  start = (call: NewCall): Promise<void> => this.#started(call.tenant, () => this.#o.api.start(call));
  announce = (call: NewAnnouncement): Promise<void> => this.#started(call.tenant, () => this.#o.api.announce(call));
  pay = (payment: NewPayment): Promise<void> => this.#started(payment.tenant, () => this.#o.api.pay(payment));
  order = (order: NewOrder): Promise<void> => this.#started(order.tenant, () => this.#o.api.order(order));

  /** Which company a call was for: noted when this page started it. */
  company(view: View): string | null {
    return this.#companies.get(view.id) ?? companyOf(this.#o.state().me, view);
  }

  /** The same question once more, as a request of its own. */
  resend(view: View): Promise<void> {
    const tenant = this.company(view);
    if (tenant === null || view.handle === null) return Promise.resolve();
    return this.start({ tenant, handle: view.handle, purpose: view.purpose.code, direction: view.direction });
  }

  /** Makes a prospect's invitation; it is this page's alone to show. */
  invite(asked: NewEligibility): Promise<void> {
    return this.#started(asked.tenant, async () => {
      const { invitation, ...view } = await this.#o.api.invite(asked);
      this.#o.apply({ do: "invitation", id: view.id, invitation });
      return view;
    });
  }

  /** Stops every phone of a customer; how many, or null when it failed. */
  async lost(phone: LostPhone): Promise<number | null> {
    let phones: number | null = null;
    await this.#o.busy(async () => {
      phones = (await this.#o.api.lost(phone)).phones;
    });
    return phones;
  }

  /** What the call's purpose allows when the phone can't be used. */
  fallbacksOf(view: View): readonly FallbackMethod[] {
    const tenant = this.company(view);
    return this.#purpose(tenant, view.purpose.code)?.fallbacks ?? [];
  }

  /** Asks for a weaker check. */
  fallback(view: View, method: FallbackMethod, reason: FallbackReason): Promise<void> {
    return this.#seen(async () => ({ ...view, fallback: await this.#o.api.fallback(view.id, { method, reason }) }));
  }

  /** A supervisor's word; then the list as it is now. */
  decide(fallback: string, word: "approve" | "refuse"): Promise<void> {
    return this.#o.busy(async () => {
      await this.#o.api.decide(fallback, word);
      this.#o.apply({ do: "fallbacks", list: (await this.#o.api.fallbacks()).value.fallbacks });
    });
  }

  #purpose(tenant: string | null, code: string): Purpose | undefined {
    return this.#o.state().me?.tenants.find((it) => it.id === tenant)?.purposes.find((p) => p.code === code);
  }

  cancel(view: View): Promise<void> {
    return this.#seen(() => (view.call ? this.#o.api.cancelCall(view.call.id) : this.#o.api.cancel(view.id)));
  }

  /** What the desk's telephone does: told before it is done, as the customer's screen goes by it. */
  move(call: string, state: CallMove): Promise<void> {
    return this.#seen(() => this.#o.api.move(call, state));
  }

  #started(tenant: string, ask: () => Promise<View>): Promise<void> {
    return this.#o.busy(async () => {
      const view = await ask();
      this.#companies.set(view.id, tenant);
      this.#o.apply({ do: "started", view });
    });
  }

  #seen(ask: () => Promise<View>): Promise<void> {
    return this.#o.busy(async () => this.#o.apply({ do: "views", calls: [await ask()] }));
  }
}

/** The company of an earlier view: as the server says, else the only one that it can be. Never a guess among several. */
export function companyOf(me: Me | null, view: View): string | null {
  if (view.tenant !== undefined) return view.tenant;
  const able = (me?.tenants ?? []).filter((tenant) => tenant.purposes.some((p) => p.code === view.purpose.code));
  return able.length === 1 ? (able[0]?.id ?? null) : null;
}
