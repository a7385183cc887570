import { parseAmount, pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { useDesk } from "./context.ts";
import { HandleField, PolicyWords, SelectField, TextField, type FormProps } from "./startParts.tsx";
import { Failure } from "./topbar.tsx";

/** A policy's spending limit is in yen, so that the server takes yen alone. */
const CURRENCY = "JPY";

const EMPTY = { amount: "", payee: "", order: "", instrument: "" };
type Fields = typeof EMPTY;

/** Asks for a payment's approval, or for what a delivery needs. Nothing that is paid with or sent is entered here. */
export function TermsForm({ tenant, purpose, company, purposes, kind }: FormProps & { kind: "payment" | "order" }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const f = t.terms;
  const { busy, error } = desk.state.value;
  const recipients = tenant.recipients ?? [];
  const [handle, setHandle] = useState("");
  const [recipient, setRecipient] = useState(recipients[0]?.id ?? "");
  const [fields, setFields] = useState<Fields>(EMPTY);
  const [tried, setTried] = useState(false);
  const paying = kind === "payment";
  const amount = parseAmount(fields.amount, CURRENCY);
  const wanted: (keyof Fields)[] = paying ? ["payee", "order", "instrument"] : ["order"];
  const lacking = (name: keyof Fields): string | null => (tried && fields[name].trim() === "" ? f.missing : null);
  const set = (name: keyof Fields) => (value: string) => setFields({ ...fields, [name]: value });

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setTried(true);
    if (handle.trim() === "" || recipient === "" || wanted.some((name) => fields[name].trim() === "")) return;
    const asked = { tenant: tenant.id, handle: handle.trim(), purpose: purpose.code, order: fields.order.trim(), recipient };
    if (!paying) return void desk.work.order(asked);
    if (amount !== null) void desk.work.pay({ ...asked, amount, currency: CURRENCY, payee: fields.payee.trim(), instrument: fields.instrument.trim() });
  };

  return (
    <form class="start start-compact" data-testid="start-form" data-kind={kind} onSubmit={submit} noValidate autocomplete="off">
      <h1>{paying ? f.payTitle : f.orderTitle}</h1>
      <p class="muted">{paying ? f.payNote : f.orderNote}</p>
      {company}
      {purposes}
      <div class="start-two">
        <HandleField value={handle} own={false} brief empty={tried && handle.trim() === ""} onValue={setHandle} />
        {paying && (
          <>
            <TextField
              id="amount"
              label={f.amount}
              help={f.amountHelp}
              inputMode="decimal"
              most={24}
              large
              value={fields.amount}
              onValue={set("amount")}
              error={tried && amount === null ? f.amountWrong : null}
            />
            <TextField id="payee" label={f.payee} value={fields.payee} onValue={set("payee")} error={lacking("payee")} />
            <TextField id="instrument" label={f.instrument} help={f.instrumentHelp} value={fields.instrument} onValue={set("instrument")} error={lacking("instrument")} />
          </>
        )}
        <TextField id="order" label={f.order} value={fields.order} onValue={set("order")} error={lacking("order")} />
        {recipients.length === 0 ? (
          <p class="field-error" data-testid="no-recipient">
            {f.noRecipient}
          </p>
        ) : (
          <SelectField id="recipient" label={f.recipient} value={recipient} options={recipients.map((it) => ({ value: it.id, text: pick(it.name, desk.lang.value) }))} onValue={setRecipient} />
        )}
      </div>
      {error !== null && <Failure />}
      <button type="submit" class="btn btn-primary start-button" data-testid="start" disabled={busy || recipients.length === 0}>
        {busy ? t.busy : paying ? f.payButton : f.orderButton}
      </button>
      <PolicyWords purpose={purpose} />
    </form>
  );
}
