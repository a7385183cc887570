import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Alert } from "../core/types.ts";
import { FlagMark } from "./audit.tsx";
import { useDeed, useLoad, useOffice, type Loaded } from "./context.ts";
import { FormDialog, Once } from "./dialogs.tsx";
import { Fault, Field, Json, Plain, Ready, Section, Status, Table, Who } from "./parts.tsx";

export function AlertsPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const a = t.alerts;
  const f = office.format.value;
  const alerts = useLoad(() => office.org.alerts(), office.news.value);
  const deed = useDeed();
  const acknowledge = async (alert: Alert): Promise<void> => {
    if (!(await deed.run(() => office.org.acknowledge(alert.id)))) return;
    await alerts.reload();
    await office.refresh();
  };
  return (
    <div class="stack">
      <p class="muted">
        {a.lead} {t.common.zone(f.zone)}
      </p>
      <Fault failure={deed.failure} />
      <Ready of={alerts}>
        {(data) => (
          <>
            <Table<Alert>
              caption={t.pages.alerts}
              testid="alert-table"
              empty={a.empty}
              rows={data.alerts}
              id={(alert) => alert.id}
              columns={[
                { head: a.what, main: true, cell: (alert) => <FlagMark flag={alert.kind} /> },
                { head: a.at, cell: (alert) => <span class="tabular">{f.brief(alert.at)}</span> },
                { head: a.who, cell: (alert) => <Who id={alert.person} /> },
                {
                  head: t.common.details,
                  cell: (alert) => (
                    <details>
                      <summary>
                        {t.common.show}
                        <span class="visually-hidden"> {f.brief(alert.at)}</span>
                      </summary>
                      <Json value={alert.data} />
                    </details>
                  ),
                },
                {
                  head: t.common.status,
                  cell: (alert) =>
                    alert.acknowledged_at === null ? (
                      <span class="buttons">
                        <Status shape="open" tone="waiting" word={a.new} />
                        {office.may("alerts", "change") && (
                          <button type="button" class="btn btn-small" data-testid="acknowledge" aria-label={`${a.acknowledge}: ${f.brief(alert.at)}`} disabled={deed.busy} onClick={() => void acknowledge(alert)}>
                            {a.acknowledge}
                          </button>
                        )}
                      </span>
                    ) : (
                      <>
                        <Status shape="closed" tone="verified" word={a.seen} />
                        <div class="small muted">
                          <Who id={alert.acknowledged_by} />
                          {t.sep}
                          {f.brief(alert.acknowledged_at)}
                        </div>
                      </>
                    ),
                },
              ]}
            />
            <Webhook url={data.webhook} alerts={alerts} />
          </>
        )}
      </Ready>
    </div>
  );
}

function Webhook({ url, alerts }: { url: string | null; alerts: Loaded<unknown> }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const a = t.alerts;
  const [editing, setEditing] = useState(false);
  const [entered, setEntered] = useState("https://");
  const [secret, setSecret] = useState<string | null>(null);
  const made = useRef<string | undefined>(undefined);
  const deed = useDeed();
  const change = office.may("alerts", "change");
  const good = /^https:\/\/[^\s]+$/.test(entered.trim());
  const stop = async (): Promise<void> => {
    if (await deed.run(async () => void (await office.org.setWebhook(null)))) await alerts.reload();
  };
  return (
    <Section title={a.webhook} lead={a.webhookLead} testid="webhook">
      <p>{url === null ? a.webhookNone : <code class="id">{<Plain text={url} />}</code>}</p>
      <Fault failure={deed.failure} />
      {change && (
        <div class="buttons">
          <button type="button" class="btn" data-testid="webhook-edit" onClick={() => (setEntered(url ?? "https://"), setEditing(true))}>
            {url === null ? t.common.add : t.common.edit}
          </button>
          {url !== null && (
            <button type="button" class="btn" disabled={deed.busy} onClick={() => void stop()}>
              {a.removeWebhook}
            </button>
          )}
        </div>
      )}
      {editing && (
        <FormDialog
          title={a.webhook}
          testid="webhook-dialog"
          submit={t.common.save}
          ready={good}
          deed={async () => {
            made.current = (await office.org.setWebhook(entered.trim())).secret;
          }}
          onClose={() => setEditing(false)}
          onDone={() => {
            setSecret(made.current ?? null);
            void alerts.reload();
          }}
        >
          <Field label={a.url} type="url" value={entered} onValue={setEntered} error={good || entered === "https://" ? null : a.urlBad} testid="webhook-url" maxLength={500} />
        </FormDialog>
      )}
      {secret !== null && <Once title={a.secretTitle} label={a.secretTitle} note={a.secretNote} value={secret} onClose={() => setSecret(null)} />}
    </Section>
  );
}
