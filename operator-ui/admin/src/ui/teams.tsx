import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../core/errors.ts";
import type { IdentityProvider, Team } from "../core/types.ts";
import { plain } from "../core/text.ts";
import { useDeed, useLoad, useOffice, type Loaded } from "./context.ts";
import { Confirm, FormDialog } from "./dialogs.tsx";
import { Fault, Field, Plain, Ready, Section, Table } from "./parts.tsx";

export function TeamsSection({ teams }: { teams: Loaded<Team[]> }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const [adding, setAdding] = useState(false);
  const [name, setName] = useState("");
  const deed = useDeed();
  const remove = async (team: Team): Promise<void> => {
    if (await deed.run(() => office.org.removeTeam(team.id))) await teams.reload();
  };
  return (
    <Section
      title={t.people.teams}
      lead={t.people.teamsLead}
      testid="teams"
      actions={
        office.may("people", "change") && (
          <button type="button" class="btn" data-testid="team-new" onClick={() => setAdding(true)}>
            {t.people.addTeam}
          </button>
        )
      }
    >
      <Fault failure={deed.failure} />
      <Ready of={teams}>
        {(list) => (
          <Table
            caption={t.people.teams}
            empty={t.common.none}
            rows={list}
            id={(team) => team.id}
            columns={[
              { head: t.common.name, main: true, cell: (team) => <Plain text={team.name} /> },
              { head: t.people.members, number: true, cell: (team) => office.format.value.number(team.members) },
              {
                head: t.common.actions,
                cell: (team) =>
                  office.may("people", "delete") ? (
                    <button type="button" class="btn btn-small" aria-label={`${t.common.remove}: ${plain(team.name)}`} disabled={deed.busy} onClick={() => void remove(team)}>
                      {t.common.remove}
                    </button>
                  ) : (
                    "–"
                  ),
              },
            ]}
          />
        )}
      </Ready>
      {adding && (
        <FormDialog title={t.people.addTeam} testid="team-dialog" submit={t.common.add} ready={name.trim() !== ""} deed={() => office.org.addTeam(name.trim())} onClose={() => setAdding(false)} onDone={() => (setName(""), void teams.reload())}>
          <Field label={t.common.name} value={name} onValue={setName} testid="team-name" />
        </FormDialog>
      )}
    </Section>
  );
}

/** A provider that is not set up is an answer, not a failure. */
const orNone = async (reading: Promise<IdentityProvider>): Promise<{ provider: IdentityProvider | null }> => {
  try {
    return { provider: await reading };
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.failure.key === "not-found") return { provider: null };
    throw thrown;
  }
};

export function IdentityProviderSection(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const loaded = useLoad(() => orNone(office.org.identityProvider()));
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const change = office.may("people", "change");
  return (
    <Section title={t.people.idp} lead={t.people.idpLead} testid="identity-provider">
      <Ready of={loaded}>
        {({ provider }) => (
          <>
            {provider === null ? (
              <p>{t.people.idpNone}</p>
            ) : (
              <dl class="facts">
                <dt>{t.people.issuer}</dt>
                <dd>
                  <Plain text={provider.issuer} />
                </dd>
                <dt>{t.people.client}</dt>
                <dd>
                  <Plain text={provider.client_id} />
                </dd>
              </dl>
            )}
            <div class="buttons">
              {change && (
                <button type="button" class="btn" data-testid="idp-edit" onClick={() => setOpen("edit")}>
                  {provider === null ? t.common.add : t.common.edit}
                </button>
              )}
              {provider !== null && office.may("people", "delete") && (
                <button type="button" class="btn" onClick={() => setOpen("remove")}>
                  {t.common.remove}
                </button>
              )}
            </div>
            {open === "edit" && <ProviderDialog provider={provider} onClose={() => setOpen(null)} onDone={() => void loaded.reload()} />}
            {open === "remove" && <Confirm title={t.people.removeIdp} note={plain(provider?.issuer ?? "")} submit={t.common.remove} deed={() => office.org.removeIdentityProvider()} onClose={() => setOpen(null)} onDone={() => void loaded.reload()} />}
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
  return (
    <FormDialog
      title={t.people.idp}
      testid="idp-dialog"
      submit={t.common.save}
      ready={/^https?:\/\/./.test(issuer) && client.trim() !== ""}
      deed={() => office.org.saveIdentityProvider({ issuer: issuer.trim(), client_id: client.trim(), ...(secret === "" ? {} : { client_secret: secret }) })}
      onClose={onClose}
      onDone={onDone}
    >
      <Field label={t.people.issuer} type="url" value={issuer} onValue={setIssuer} />
      <Field label={t.people.client} value={client} onValue={setClient} />
      <Field label={t.people.secret} help={t.people.secretNote} type="password" autocomplete="new-password" value={secret} onValue={setSecret} />
    </FormDialog>
  );
}
