import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useOffice } from "./context.ts";
import { Confirm } from "./dialogs.tsx";
import { Done, Field, Section } from "./parts.tsx";

/** Phones that the desk was told are lost, made active again: by handle, once the customer is known to have them back. */
export function Found(): JSX.Element {
  const office = useOffice();
  const l = office.texts.value.lost;
  const f = office.format.value;
  const [handle, setHandle] = useState("");
  const [empty, setEmpty] = useState(false);
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const phones = useRef(0);
  const wanted = handle.trim();
  return (
    <Section title={l.title} lead={l.lead} testid="found">
      <form
        class="form narrow"
        noValidate
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          setDone(null);
          setEmpty(wanted === "");
          setAsking(wanted !== "");
        }}
      >
        <Field
          label={office.texts.value.customers.handle}
          help={office.texts.value.customers.handleHelp}
          value={handle}
          error={empty ? office.texts.value.customers.empty : null}
          maxLength={128}
          testid="found-handle"
          onValue={(value) => {
            setHandle(value);
            setEmpty(false);
          }}
        />
        <div class="buttons">
          <button type="submit" class="btn" data-testid="found-button">
            {l.button}
          </button>
        </div>
      </form>
      <Done text={done} />
      {asking && (
        <Confirm
          title={l.ask}
          note={l.note}
          submit={l.button}
          deed={async () => {
            phones.current = (await office.org.found(wanted)).phones;
          }}
          onClose={() => setAsking(false)}
          onDone={() => {
            setDone(phones.current === 0 ? l.none : l.done(f.number(phones.current)));
            setHandle("");
          }}
        />
      )}
    </Section>
  );
}
