import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Team } from "../core/types.ts";
import { plain } from "../core/text.ts";
import { useDeed, useOffice, type Loaded } from "./context.ts";
import { FormDialog } from "./dialogs.tsx";
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
