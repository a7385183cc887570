import { pick } from "@honnin/kit";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { mayGive, RESOURCES, roleMay, ROLES, VERBS, type Role } from "../core/rights.ts";
import { plain } from "../core/text.ts";
import type { NewPerson, Person, Team } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog, Once } from "./dialogs.tsx";
import { Choices, Field, Named, Plain, Ready, Select, Status, Table, Tick } from "./parts.tsx";
import { IdentityProviderSection } from "./provider.tsx";
import { TeamsSection } from "./teams.tsx";

type Open = { what: "invite" } | { what: "roles" | "remove"; person: Person } | { what: "link"; url: string } | null;

export function PeoplePage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const p = t.people;
  const people = useLoad(() => office.org.people());
  const teams = useLoad(() => office.org.teams());
  const [open, setOpen] = useState<Open>(null);
  const change = office.may("people", "change");
  const reload = (): void => {
    void people.reload();
    void teams.reload();
    void office.readNames();
  };
  return (
    <>
      <div class="page-tools">
        <p class="muted">{p.lead}</p>
        {change && (
          <button type="button" class="btn btn-primary" data-testid="invite" onClick={() => setOpen({ what: "invite" })}>
            {p.invite}
          </button>
        )}
      </div>
      <Ready of={people}>{(list) => <PeopleTable people={list} teams={teams.data ?? []} onOpen={setOpen} />}</Ready>
      <Matrix />
      <TeamsSection teams={teams} />
      {office.may("provider", "view") && <IdentityProviderSection />}
      {open?.what === "invite" && <InviteDialog teams={teams.data ?? []} onClose={() => setOpen(null)} onMade={(url) => (reload(), setOpen({ what: "link", url }))} />}
      {open?.what === "roles" && <RolesDialog person={open.person} onClose={() => setOpen(null)} onDone={reload} />}
      {open?.what === "remove" && (
        <Confirm title={p.removeTitle} note={p.removeNote} submit={t.common.remove} deed={() => office.org.removePerson(open.person.id)} onClose={() => setOpen(null)} onDone={reload}>
          <p>
            <strong>
              <Named name={open.person.name} />
            </strong>
          </p>
        </Confirm>
      )}
      {open?.what === "link" && <Once title={p.link} label={p.link} note={p.linkNote} value={open.url} onClose={() => setOpen(null)} />}
    </>
  );
}

function PeopleTable({ people, teams, onOpen }: { people: readonly Person[]; teams: readonly Team[]; onOpen: (open: Open) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const f = office.format.value;
  const lang = office.lang.value;
  const self = office.me.value?.person.id;
  const again = async (person: Person): Promise<void> => {
    try {
      onOpen({ what: "link", url: (await office.org.inviteAgain(person.id)).invitation });
    } catch (thrown) {
      office.failure.value = office.caught(thrown);
    }
  };
  return (
    <Table<Person>
      caption={t.pages.people}
      testid="people-table"
      empty={t.common.none}
      rows={people}
      id={(person) => person.id}
      columns={[
        {
          head: t.common.name,
          main: true,
          cell: (person) => (
            <>
              <Named name={person.name} />
              {person.id === self && <span class="muted"> {t.top.you("").trim()}</span>}
              {person.status !== "active" && <Status shape={person.status === "frozen" ? "octagon" : "struck"} tone={person.status === "frozen" ? "refused" : "unreachable"} word={t.people[person.status]} />}
              {person.team !== null && (
                <div class="small muted">
                  <Plain text={teams.find((team) => team.id === person.team)?.name ?? person.team} />
                </div>
              )}
            </>
          ),
        },
        {
          head: t.people.role,
          cell: (person) =>
            person.roles.length === 0 ? (
              <span class="muted">{t.common.none}</span>
            ) : (
              <ul role="list" class="chips">
                {ROLES.flatMap((role) => person.roles.filter((held) => held.role === role)).map((held) => (
                  <li key={held.role} class="chip" title={t.people.lastUsed(held.last_used_at === null ? t.common.never : f.moment(held.last_used_at))}>
                    {t.roles[held.role]}
                  </li>
                ))}
              </ul>
            ),
        },
        { head: t.people.lastLogin, cell: (person) => <span class="tabular">{person.last_login_at === null ? t.common.never : f.day(person.last_login_at)}</span> },
        {
          head: t.common.actions,
          cell: (person) => {
            if (person.status === "removed" || person.id === self) return <span class="small muted">{person.id === self ? t.people.rolesOwn : "–"}</span>;
            const called = (what: string): string => `${what}: ${plain(pick(person.name, lang))}`;
            return (
              <span class="buttons buttons-row">
                {office.may("people", "change") && (
                  <button type="button" class="btn btn-small" data-testid="person-roles" aria-label={called(t.people.roles)} onClick={() => onOpen({ what: "roles", person })}>
                    {t.people.roles}
                  </button>
                )}
                {office.may("people", "change") && (
                  <button type="button" class="btn btn-small" data-testid="person-invite" aria-label={called(t.people.again)} onClick={() => void again(person)}>
                    {t.people.again}
                  </button>
                )}
                {office.may("people", "delete") && (
                  <button type="button" class="btn btn-small" data-testid="person-remove" aria-label={called(t.common.remove)} onClick={() => onOpen({ what: "remove", person })}>
                    {t.common.remove}
                  </button>
                )}
              </span>
            );
          },
        },
      ]}
    />
  );
}

function RoleTicks({ chosen, onChoose }: { chosen: readonly Role[]; onChoose: (roles: Role[]) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const me = office.me.value;
  return (
    <Choices legend={t.people.role}>
      {ROLES.map((role) => {
        const beyond = me === null || !mayGive(me.person.roles, me.rights, role);
        return (
          <Tick
            key={role}
            label={t.roles[role]}
            note={beyond ? t.people.rolesBeyond : undefined}
            checked={chosen.includes(role)}
            disabled={beyond && !chosen.includes(role)}
            testid={`role-${role}`}
            onTick={(on) => onChoose(on ? [...chosen, role] : chosen.filter((it) => it !== role))}
          />
        );
      })}
    </Choices>
  );
}

function RolesDialog({ person, onClose, onDone }: { person: Person; onClose: () => void; onDone: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const [roles, setRoles] = useState<Role[]>(person.roles.map((held) => held.role));
  return (
    <FormDialog title={t.people.rolesTitle} testid="roles-dialog" submit={t.common.save} deed={() => office.org.setRoles(person.id, roles)} onClose={onClose} onDone={onDone}>
      <p>
        <strong>
          <Named name={person.name} />
        </strong>
      </p>
      <RoleTicks chosen={roles} onChoose={setRoles} />
    </FormDialog>
  );
}

function InviteDialog({ teams, onClose, onMade }: { teams: readonly Team[]; onClose: () => void; onMade: (url: string) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const [form, setForm] = useState<NewPerson>({ name: { ja: "", en: "" }, label: { ja: "", en: "" }, roles: ["operator"] });
  const [team, setTeam] = useState("");
  const made = useRef("");
  const full = [form.name.ja, form.name.en, form.label.ja, form.label.en].every((text) => text.trim() !== "") && form.roles.length > 0;
  return (
    <FormDialog
      title={t.people.inviteTitle}
      testid="invite-dialog"
      submit={t.people.invite}
      ready={full}
      deed={async () => {
        made.current = (await office.org.invite({ ...form, ...(team === "" ? {} : { team }) })).invitation;
      }}
      onClose={onClose}
      onDone={() => onMade(made.current)}
    >
      <p class="muted">{t.people.inviteNote}</p>
      <div class="two">
        <Field label={t.common.nameJa} value={form.name.ja} onValue={(ja) => setForm({ ...form, name: { ...form.name, ja } })} testid="name-ja" />
        <Field label={t.common.nameEn} value={form.name.en} onValue={(en) => setForm({ ...form, name: { ...form.name, en } })} testid="name-en" />
        <Field label={`${t.people.label} (ja)`} help={t.people.labelHelp} value={form.label.ja} onValue={(ja) => setForm({ ...form, label: { ...form.label, ja } })} testid="label-ja" />
        <Field label={`${t.people.label} (en)`} value={form.label.en} onValue={(en) => setForm({ ...form, label: { ...form.label, en } })} testid="label-en" />
      </div>
      <RoleTicks chosen={form.roles} onChoose={(roles) => setForm({ ...form, roles })} />
      <Select label={t.people.team} value={team} onValue={setTeam} testid="invite-team" options={[{ value: "", text: t.people.noTeam }, ...teams.map((it) => ({ value: it.id, text: it.name }))]} />
    </FormDialog>
  );
}

/** What each role may do: the published table, for reading. */
function Matrix(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  return (
    <details class="section" data-testid="matrix">
      <summary>
        <strong>{t.people.matrix}</strong> <span class="muted">{t.people.matrixNote}</span>
      </summary>
      <Table
        caption={t.people.matrix}
        empty={t.common.none}
        rows={RESOURCES}
        id={(resource) => resource}
        columns={[
          { head: t.people.role, main: true, cell: (resource) => t.resources[resource] },
          ...ROLES.map((role) => ({
            head: t.roles[role],
            blank: (resource: (typeof RESOURCES)[number]) => !roleMay(role, resource, "view"),
            cell: (resource: (typeof RESOURCES)[number]) => office.format.value.list(VERBS.filter((verb) => roleMay(role, resource, verb)).map((verb) => t.verbs[verb])) || "–",
          })),
        ]}
      />
    </details>
  );
}
