import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { readJwk } from "../core/jwk.ts";
import type { Certificate, Issuer, Key, Serves } from "../core/types.ts";
import { AnnouncementKey } from "./announcement.tsx";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog } from "./dialogs.tsx";
import { Choices, Copyable, Done, Field, Plain, Ready, Section, Status, Table, Tick } from "./parts.tsx";

export function IssuersPage(): JSX.Element {
  const office = useOffice();
  return (
    <div class="stack">
      {office.may("issuers", "view") && <Issuers />}
      {office.may("keys", "view") && <ServiceKeys />}
    </div>
  );
}

type Open = { what: "add" } | { what: "suspend" | "resume"; issuer: Issuer } | { what: "revoke"; issuer: Issuer; certificate: Certificate } | null;

function Issuers(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.issuers;
  const f = office.format.value;
  const issuers = useLoad(() => office.org.issuers());
  const [open, setOpen] = useState<Open>(null);
  const change = office.may("issuers", "change");
  const close = (): void => setOpen(null);
  const again = (): void => void issuers.reload();
  const state = (it: Certificate): JSX.Element => {
    const now = office.now();
    if (it.status === "revoked") return <Status shape="octagon" tone="refused" word={i.revoked} />;
    if (now < it.not_before) return <Status shape="open" tone="waiting" word={i.notYet} />;
    return now >= it.not_after ? <Status shape="clock" tone="unreachable" word={i.over} /> : <Status shape="closed" tone="verified" word={i.valid} />;
  };
  return (
    <Section
      title={i.issuers}
      lead={i.lead}
      testid="issuers"
      actions={
        change && (
          <button type="button" class="btn btn-primary" data-testid="issuer-new" onClick={() => setOpen({ what: "add" })}>
            {i.add}
          </button>
        )
      }
    >
      <Ready of={issuers}>
        {(list) => (
          <>
            {list.length === 0 && <p class="muted empty">{i.none}</p>}
            {list.map((issuer) => (
              <article key={issuer.id} class="card" data-testid="issuer" data-id={issuer.id}>
                <div class="section-head">
                  <h3>
                    <Plain text={issuer.url} />
                  </h3>
                  {issuer.status === "active" ? <Status shape="closed" tone="verified" word={i.active} /> : <Status shape="octagon" tone="refused" word={i.suspended} />}
                </div>
                <dl class="facts">
                  <dt>{i.serves}</dt>
                  <dd data-testid="issuer-serves">
                    {i.servesKinds[issuer.serves ?? "customers"]}
                    {issuer.certifies && (
                      <>
                        {t.sep}
                        {i.certifiesShort} <code class="id">{<Plain text={issuer.certifies} />}</code>
                      </>
                    )}
                  </dd>
                  <dt>{i.thumbprint}</dt>
                  <dd>
                    <code class="id">{<Plain text={issuer.thumbprint} />}</code>
                  </dd>
                </dl>
                <Table<Certificate>
                  caption={i.certificates}
                  empty={t.common.none}
                  rows={issuer.certificates}
                  id={(it) => it.id}
                  columns={[
                    { head: i.certificate, main: true, cell: (it) => <code class="id">{<Plain text={it.id.slice(0, 16)} />}</code> },
                    { head: i.window, cell: (it) => <span class="tabular">{`${f.day(it.not_before)} – ${f.day(it.not_after)}`}</span> },
                    { head: t.common.status, cell: state },
                    { head: i.devices, number: true, cell: (it) => f.number(it.devices) },
                    {
                      head: t.common.actions,
                      cell: (it) =>
                        office.may("issuers", "delete") && it.status !== "revoked" ? (
                          <button type="button" class="btn btn-small" data-testid="revoke" aria-label={`${i.revoke}: ${it.id.slice(0, 16)}`} onClick={() => setOpen({ what: "revoke", issuer, certificate: it })}>
                            {i.revoke}
                          </button>
                        ) : (
                          "–"
                        ),
                    },
                  ]}
                />
                {change && (
                  <div class="buttons">
                    <button type="button" class="btn" data-testid="issuer-toggle" onClick={() => setOpen({ what: issuer.status === "active" ? "suspend" : "resume", issuer })}>
                      {issuer.status === "active" ? i.suspend : i.resume}
                    </button>
                  </div>
                )}
              </article>
            ))}
          </>
        )}
      </Ready>
      {open?.what === "add" && <IssuerDialog onClose={close} onDone={again} />}
      {open?.what === "suspend" && <Confirm title={i.suspendTitle} note={i.suspendNote} submit={i.suspend} deed={() => office.org.suspend(open.issuer.id)} onClose={close} onDone={again} />}
      {open?.what === "resume" && <Confirm title={i.resumeTitle} note={i.resumeNote} submit={i.resume} deed={() => office.org.resume(open.issuer.id)} onClose={close} onDone={again} />}
      {open?.what === "revoke" && (
        <Confirm
          title={i.revokeTitle}
          note={i.revokeNote(f.number(open.certificate.devices))}
          submit={i.revoke}
          typed={open.certificate.id.slice(0, 8)}
          deed={() => office.org.revoke(open.issuer.id, open.certificate.id)}
          onClose={close}
          onDone={again}
        />
      )}
    </Section>
  );
}

function IssuerDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const [url, setUrl] = useState("https://");
  const [root, setRoot] = useState("");
  const [serves, setServes] = useState<Serves>("customers");
  const [certifies, setCertifies] = useState("");
  const key = readJwk(root);
  const named = /^[A-Za-z0-9._-]{1,64}$/.test(certifies.trim());
  return (
    <FormDialog
      title={t.issuers.add}
      testid="issuer-dialog"
      submit={t.common.add}
      ready={/^https?:\/\/./.test(url) && key !== null && (serves === "customers" || named)}
      deed={async () => {
        if (key !== null) await office.org.addIssuer({ url: url.trim(), root: key, ...(serves === "eligibility" ? { serves, certifies: certifies.trim() } : {}) });
      }}
      onClose={onClose}
      onDone={onDone}
    >
      <Field label={t.issuers.url} type="url" value={url} onValue={setUrl} testid="issuer-url" />
      <Field label={t.issuers.root} help={t.issuers.rootHelp} error={root !== "" && key === null ? t.issuers.rootBad : null} rows={6} maxLength={2000} value={root} onValue={setRoot} testid="issuer-root" />
      <Choices legend={t.issuers.serves}>
        {(["customers", "eligibility"] as const).map((it) => (
          <Tick key={it} name="issuer-serves" label={t.issuers.servesKinds[it]} note={t.issuers.servesNotes[it]} checked={serves === it} onTick={() => setServes(it)} testid={`serves-${it}`} />
        ))}
      </Choices>
      {serves === "eligibility" && (
        <Field label={t.issuers.certifies} help={t.issuers.certifiesHelp} value={certifies} onValue={setCertifies} error={certifies === "" || named ? null : t.issuers.certifiesBad} maxLength={64} testid="issuer-certifies" />
      )}
    </FormDialog>
  );
}

function ServiceKeys(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const i = t.issuers;
  const f = office.format.value;
  const keys = useLoad(() => office.org.keys());
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  return (
    <Section
      title={i.keys}
      lead={i.keysLead}
      testid="keys"
      actions={
        office.may("keys", "change") && (
          <button type="button" class="btn" data-testid="rotate" onClick={() => (setDone(null), setAsking(true))}>
            {i.rotate}
          </button>
        )
      }
    >
      <Done text={done} />
      <Ready of={keys}>
        {(data) => (
          <>
            <Table<Key>
              caption={i.keys}
              empty={t.common.none}
              rows={data.keys.filter((key) => key.kind !== "announcement")}
              id={(key) => `${key.kind}-${key.id}-${key.version}`}
              columns={[
                { head: i.kind, main: true, cell: (key) => i.kinds[key.kind] },
                { head: i.version, number: true, cell: (key) => f.number(key.version) },
                { head: i.made, cell: (key) => <span class="tabular">{f.brief(key.made_at)}</span> },
                { head: i.age, number: true, cell: (key) => i.ageDays(f.number(key.age_days)) },
                { head: t.common.status, cell: (key) => (key.warn ? <Status shape="clock" tone="waiting" word={i.old} /> : <Status shape="closed" tone="verified" word={i.fresh} />) },
              ]}
            />
            <p class="small muted">{i.warnAfter(f.number(data.warn_after_days))}</p>
            <h3>{i.log}</h3>
            <p>
              {i.logSize}: <span class="tabular">{f.number(data.log.size)}</span>
            </p>
            <Copyable label={i.vkey} value={data.log.vkey} testid="vkey" />
            {data.keys.some((key) => key.kind === "announcement") && <AnnouncementKey keys={data.keys.filter((key) => key.kind === "announcement")} onRotated={() => void keys.reload()} />}
          </>
        )}
      </Ready>
      {asking && (
        <Confirm
          title={i.rotateTitle}
          note={i.rotateNote}
          submit={i.rotate}
          deed={() => office.org.rotate()}
          onClose={() => setAsking(false)}
          onDone={() => {
            setDone(i.rotated);
            void keys.reload();
          }}
        />
      )}
    </Section>
  );
}
