import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../core/errors.ts";
import { plain } from "../core/text.ts";
import type { IdentityProvider, NewProvider } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog } from "./dialogs.tsx";
import { Field, Plain, Ready, Section, Tick } from "./parts.tsx";

/** The company's own sign-in: which provider, and whether it is the only way in. */
export function IdentityProviderSection(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const loaded = useLoad(() => office.org.identityProvider());
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const reload = (): void => void loaded.reload();
  return (
    <Section title={t.people.idp} lead={t.people.idpLead} testid="identity-provider">
      <Ready of={loaded}>
        {({ identity_provider: provider, redirect_uri }) => (
          <>
            {provider === null && <p>{t.people.idpNone}</p>}
            <dl class="facts">
              {provider !== null && (
                <>
                  <dt>{t.people.issuer}</dt>
                  <dd>
                    <Plain text={provider.issuer} />
                  </dd>
                  <dt>{t.people.client}</dt>
                  <dd>
                    <Plain text={provider.client_id} />
                  </dd>
                  <dt>{t.people.passkeys}</dt>
                  <dd data-testid="idp-only">{provider.required ? t.people.onlyNote : t.people.onlyOff}</dd>
                </>
              )}
              <dt>{t.people.redirect}</dt>
              <dd>
                <Plain text={redirect_uri} />
              </dd>
            </dl>
            <div class="buttons">
              {office.may("provider", "change") && (
                <button type="button" class="btn" data-testid="idp-edit" onClick={() => setOpen("edit")}>
                  {provider === null ? t.common.add : t.common.edit}
                </button>
              )}
              {provider !== null && office.may("provider", "delete") && (
                <button type="button" class="btn" data-testid="idp-remove" onClick={() => setOpen("remove")}>
                  {t.common.remove}
                </button>
              )}
            </div>
            {open === "edit" && <ProviderDialog provider={provider} onClose={() => setOpen(null)} onDone={reload} />}
            {open === "remove" && (
              <Confirm title={t.people.removeIdp} note={t.people.removeIdpNote} submit={t.common.remove} deed={() => office.org.removeIdentityProvider()} onClose={() => setOpen(null)} onDone={reload}>
                <p>
                  <strong>{plain(provider?.issuer ?? "")}</strong>
                </p>
              </Confirm>
            )}
          </>
        )}
      </Ready>
    </Section>
  );
}

function ProviderDialog({ provider, onClose, onDone }: { provider: IdentityProvider | null; onClose: () => void; onDone: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const [issuer, setIssuer] = useState(provider?.issuer ?? "https://");
  const [client, setClient] = useState(provider?.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [only, setOnly] = useState(provider?.required ?? false);
  const wanted: NewProvider = { issuer: issuer.trim(), client_id: client.trim(), required: only, ...(secret === "" ? {} : { client_secret: secret }) };
  const other = provider !== null && (wanted.issuer !== provider.issuer || wanted.client_id !== provider.client_id);
  const save = async (): Promise<void> => {
    try {
      await office.org.saveIdentityProvider(wanted);
    } catch (thrown) {
      // The server asked the provider: what it refuses is the address that was typed.
      throw thrown instanceof ApiError && thrown.status === 422 ? new ApiError({ key: "idp-refused", reference: "" }, 422) : thrown;
    }
  };
  return (
    <FormDialog title={t.people.idp} testid="idp-dialog" submit={t.common.save} ready={/^https?:\/\/./.test(issuer) && wanted.client_id !== ""} deed={save} onClose={onClose} onDone={onDone}>
      <Field label={t.people.issuer} type="url" value={issuer} onValue={setIssuer} testid="idp-issuer" />
      <Field label={t.people.client} value={client} onValue={setClient} testid="idp-client" />
      <Field label={t.people.secret} help={t.people.secretNote} type="password" autocomplete="new-password" value={secret} onValue={setSecret} />
      <Tick label={t.people.only} note={t.people.onlyNote} checked={only} onTick={setOnly} testid="idp-required" />
      {other && <p role="status">{t.people.otherIdp}</p>}
    </FormDialog>
  );
}
