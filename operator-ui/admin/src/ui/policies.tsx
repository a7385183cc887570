import { pick } from "@honnin/kit";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { bodyOf, emptyForm, formOf, type PolicyForm } from "../core/policy.ts";
import { plain } from "../core/text.ts";
import type { Policy, PolicyVersion } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { DryRunView, Editor, WordsView } from "./editor.tsx";
import { Done, Named, Ready, Section, Status, Who } from "./parts.tsx";
import { Purposes } from "./purposes.tsx";

type Asking = { what: "publish" | "drop"; policy: Policy; version: PolicyVersion } | null;

export function PoliciesPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const policies = useLoad(() => office.org.policies());
  const [editing, setEditing] = useState<{ form: PolicyForm; fresh: boolean } | null>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const [done, setDone] = useState<string | null>(null);
  const change = office.may("policies", "change");

  if (editing !== null) {
    return (
      <Editor
        start={editing.form}
        fresh={editing.fresh}
        onClose={(version) => {
          setEditing(null);
          setDone(version === null ? null : t.policies.saved(office.format.value.number(version)));
          void policies.reload();
        }}
      />
    );
  }
  return (
    <>
      <div class="page-tools">
        <p class="muted">{t.policies.lead}</p>
        {change && (
          <button type="button" class="btn btn-primary" data-testid="policy-new" onClick={() => setEditing({ form: emptyForm(), fresh: true })}>
            {t.policies.create}
          </button>
        )}
      </div>
      <Done text={done} />
      <Ready of={policies}>
        {(list) => (
          <div class="stack">
            <div class="policies">
            {list.map((policy) => (
              <PolicyCard
                key={policy.id}
                policy={policy}
                onEdit={(version) => {
                  setDone(null);
                  setEditing({ form: formOf(version.document), fresh: false });
                }}
                onAsk={(what, version) => setAsking({ what, policy, version })}
              />
            ))}
            </div>
            <Purposes policies={list} />
          </div>
        )}
      </Ready>
      {asking !== null && (
        <Confirm
          title={asking.what === "publish" ? t.policies.publishAsk : t.policies.dropAsk}
          note={asking.what === "publish" ? t.policies.publishNote : t.policies.title(plain(pick(asking.policy.name, office.lang.value)), office.format.value.number(asking.version.version))}
          submit={asking.what === "publish" ? t.policies.publish : asking.version.status === "draft" ? t.policies.drop : t.policies.retire}
          deed={() => (asking.what === "publish" ? office.org.publish(asking.policy.id, asking.version.version) : office.org.dropPolicy(asking.policy.id, asking.version.version))}
          onClose={() => setAsking(null)}
          onDone={() => void policies.reload()}
        >
          {asking.what === "publish" && <Compare version={asking.version} />}
        </Confirm>
      )}
    </>
  );
}

function PolicyCard(props: { policy: Policy; onEdit: (version: PolicyVersion) => void; onAsk: (what: "publish" | "drop", version: PolicyVersion) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const f = office.format.value;
  const { policy } = props;
  const [comparing, setComparing] = useState<number | null>(null);
  const mine = (version: PolicyVersion): boolean => version.created_by === office.me.value?.person.id;
  const versions = [...policy.versions].sort((a, b) => b.version - a.version);
  const open = versions.find((version) => version.status === "published") ?? versions[0];
  return (
    <section class="card" aria-labelledby={`policy-${policy.id}`} data-testid="policy" data-id={policy.id}>
      <div class="section-head">
        <h2 id={`policy-${policy.id}`}>
          <Named name={policy.name} /> <code class="id">{policy.id}</code>
        </h2>
        {policy.current === null && <span class="muted">{t.policies.noCurrent}</span>}
      </div>
      {versions.map((version) => (
        <details key={version.version} class="version" open={version === open || version.status === "draft"} data-testid="version" data-version={version.version} data-status={version.status}>
          <summary>
            <span>
              {t.policies.version} {f.number(version.version)}
            </span>
            <VersionStatus status={version.status} />
            <span class="small muted">
              {t.policies.by} <Who id={version.created_by} />
              {t.sep}
              {f.moment(version.published_at ?? version.created_at)}
            </span>
          </summary>
          <div class="version-body">
            <WordsView words={version.words} />
            <p class="small muted">
              {[
                `${t.policies.numberMatch}: ${version.document.number_match ? t.policies.on : t.policies.off}`,
                `${t.policies.ttl}: ${f.number(version.document.ttl_s)} ${t.policies.secondsTail}`,
                `${t.policies.valid}: ${f.number(Math.ceil(version.document.valid_s / 60))} ${t.policies.minutesTail}`,
              ].join(t.sep)}
            </p>
            {version.status === "draft" && comparing === version.version && <Compare version={version} />}
            {version.status === "draft" && mine(version) && <p class="small">{t.policies.secondPerson}</p>}
            <div class="buttons">
              {office.may("policies", "change") && (
                <button type="button" class="btn btn-small" data-testid="policy-edit" onClick={() => props.onEdit(version)}>
                  {t.policies.edit}
                </button>
              )}
              {version.status === "draft" && (
                <button type="button" class="btn btn-small" data-testid="compare" aria-expanded={comparing === version.version} onClick={() => setComparing(comparing === version.version ? null : version.version)}>
                  {t.policies.compare}
                </button>
              )}
              {version.status === "draft" && office.may("policies", "change") && (
                <button type="button" class="btn btn-small btn-primary" data-testid="publish" disabled={mine(version)} onClick={() => props.onAsk("publish", version)}>
                  {t.policies.publish}
                </button>
              )}
              {version.status !== "retired" && office.may("policies", "delete") && (
                <button type="button" class="btn btn-small" data-testid="policy-drop" onClick={() => props.onAsk("drop", version)}>
                  {version.status === "draft" ? t.policies.drop : t.policies.retire}
                </button>
              )}
            </div>
          </div>
        </details>
      ))}
    </section>
  );
}

function VersionStatus({ status }: { status: PolicyVersion["status"] }): JSX.Element {
  const t = useOffice().texts.value.policies;
  if (status === "published") return <Status shape="closed" tone="verified" word={t.published} />;
  if (status === "draft") return <Status shape="dashed" tone="waiting" word={t.draft} />;
  return <Status shape="struck" tone="unreachable" word={t.retired} />;
}

/** How a draft differs from what is published, by the server's dry run. */
function Compare({ version }: { version: PolicyVersion }): JSX.Element {
  const office = useOffice();
  const run = useLoad(() => office.org.dryRun(bodyOf(version.document)), version.version);
  return (
    <Section title={office.texts.value.policies.dryRun} testid="compare-result">
      <Ready of={run}>{(result) => <DryRunView result={result} />}</Ready>
    </Section>
  );
}
