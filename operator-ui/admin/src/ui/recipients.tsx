import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { readJwk, readKeyFile, thumbprintOf, type PublicJwk } from "../core/jwk.ts";
import type { Recipient } from "../core/types.ts";
import { useLoad, useOffice } from "./context.ts";
import { Confirm, FormDialog, Once } from "./dialogs.tsx";
import { Field, Named, Plain, Ready, Section, Table } from "./parts.tsx";

type Open = { what: "add" } | { what: "secret"; value: string } | { what: "remove"; recipient: Recipient } | null;

/** Who opens what payments and orders seal: the desk sees their names and nothing else. */
export function RecipientsPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const r = t.recipients;
  const f = office.format.value;
  const recipients = useLoad(() => office.org.recipients());
  const [open, setOpen] = useState<Open>(null);
  const again = (): void => void recipients.reload();
  return (
    <div class="stack">
      <Section
        title={r.title}
        lead={r.lead}
        testid="recipients"
        actions={
          office.may("policies", "change") && (
            <button type="button" class="btn btn-primary" data-testid="recipient-new" onClick={() => setOpen({ what: "add" })}>
              {r.add}
            </button>
          )
        }
      >
        <Ready of={recipients}>
          {(list) => (
            <Table<Recipient>
              caption={r.title}
              empty={r.none}
              rows={list}
              id={(it) => it.id}
              testid="recipient-table"
              columns={[
                { head: t.common.name, main: true, cell: (it) => <Named name={it.name} /> },
                { head: r.url, cell: (it) => <code class="id">{<Plain text={it.url} />}</code> },
                { head: r.thumbprint, cell: (it) => <code class="id">{<Plain text={it.thumbprint} />}</code> },
                { head: t.common.created, cell: (it) => <span class="tabular">{f.brief(it.created_at)}</span> },
                {
                  head: t.common.actions,
                  cell: (it) =>
                    office.may("policies", "delete") ? (
                      <button type="button" class="btn btn-small" data-testid="recipient-remove" aria-label={`${t.common.remove}: ${it.name[office.lang.value]}`} onClick={() => setOpen({ what: "remove", recipient: it })}>
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
      </Section>
      {open?.what === "add" && (
        <RecipientDialog
          onClose={() => setOpen(null)}
          onMade={(secret) => {
            again();
            setOpen({ what: "secret", value: secret });
          }}
        />
      )}
      {open?.what === "secret" && <Once title={r.secret} label={r.secret} note={r.secretNote} value={open.value} onClose={() => setOpen(null)} />}
      {open?.what === "remove" && (
        <Confirm title={r.removeTitle} note={r.removeNote} submit={t.common.remove} deed={() => office.org.removeRecipient(open.recipient.id)} onClose={() => setOpen(null)} onDone={again}>
          <p>
            <strong>
              <Named name={open.recipient.name} />
            </strong>
          </p>
        </Confirm>
      )}
    </div>
  );
}

/** What is known of an entered key: its thumbprint once it is found on the curve. */
type Checked = { at: "none" } | { at: "bad" } | { at: "looking" } | { at: "good"; key: PublicJwk; thumbprint: string };

function useKey(text: string): Checked {
  const [checked, setChecked] = useState<Checked>({ at: "none" });
  useEffect(() => {
    const key = readJwk(text);
    if (key === null) {
      setChecked({ at: text.trim() === "" ? "none" : "bad" });
      return undefined;
    }
    let stands = true;
    setChecked({ at: "looking" });
    void thumbprintOf(key, crypto.subtle).then((thumbprint) => {
      if (stands) setChecked(thumbprint === null ? { at: "bad" } : { at: "good", key, thumbprint });
    });
    return () => {
      stands = false;
    };
  }, [text]);
  return checked;
}

function RecipientDialog({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const r = t.recipients;
  const [name, setName] = useState({ ja: "", en: "" });
  const [url, setUrl] = useState("https://");
  const [text, setText] = useState("");
  const [large, setLarge] = useState(false);
  const made = useRef("");
  const key = useKey(text);
  const good = /^https:\/\/[^\s/]+/.test(url.trim());
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const found = await readKeyFile(file);
    setLarge(found === null);
    if (found !== null) setText(found);
  };
  return (
    <FormDialog
      title={r.add}
      testid="recipient-dialog"
      submit={t.common.add}
      ready={name.ja.trim() !== "" && name.en.trim() !== "" && good && key.at === "good"}
      deed={async () => {
        if (key.at === "good") made.current = (await office.org.addRecipient({ name: { ja: name.ja.trim(), en: name.en.trim() }, key: key.key, url: url.trim() })).secret;
      }}
      onClose={onClose}
      onDone={() => onMade(made.current)}
    >
      <div class="two">
        <Field label={t.common.nameJa} help={r.nameHelp} value={name.ja} onValue={(ja) => setName({ ...name, ja })} testid="recipient-ja" maxLength={60} />
        <Field label={t.common.nameEn} value={name.en} onValue={(en) => setName({ ...name, en })} testid="recipient-en" maxLength={60} />
      </div>
      <Field label={r.url} help={r.urlHelp} type="url" value={url} onValue={setUrl} error={good || url === "https://" ? null : r.urlBad} testid="recipient-url" maxLength={500} />
      <Field
        label={r.key}
        help={r.keyHelp}
        error={large ? r.keyLarge : key.at === "bad" ? r.keyBad : null}
        rows={5}
        maxLength={2000}
        value={text}
        onValue={(value) => {
          setText(value);
          setLarge(false);
        }}
        testid="recipient-key"
      />
      <label class="btn file-button">
        <input type="file" class="visually-hidden" accept=".json,.jwk,application/json" data-testid="recipient-file" onChange={(event) => void read(event.currentTarget.files?.[0])} />
        {r.file}
      </label>
      <p role="status" class="small" data-testid="recipient-thumbprint">
        {key.at === "good" && (
          <>
            {r.compare} <code class="id">{key.thumbprint}</code>
          </>
        )}
      </p>
    </FormDialog>
  );
}
