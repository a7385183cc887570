import { pick } from "@honnin/kit";
import type { JSX, TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";
import { numbersOf } from "../core/numbers.ts";
import { asksTerms } from "../core/policy.ts";
import { plain } from "../core/text.ts";
import { FALLBACKS, type Fallback, type Org, type PurposeFallbacks, type Settings } from "../core/types.ts";
import { useDeed, useLoad, useOffice } from "./context.ts";
import { Fault, Field, Ready, Section, Tick } from "./parts.tsx";

export interface PartProps {
  org: Org;
  onTouch: () => void;
  onSaved: () => void;
  onReload: () => void;
}

/** A form that changes one part of the settings and sends the rest as it was read. */
function Part(props: PartProps & { testid: string; change: boolean; part: Partial<Settings> | null; children: JSX.Element | JSX.Element[] }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const deed = useDeed();
  const save = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const { part, org } = props;
    if (part !== null && (await deed.run(() => office.org.saveSettings({ ...org.settings, ...part }, org.revision)))) props.onSaved();
  };
  return (
    <form class="form narrow" noValidate autocomplete="off" data-testid={props.testid} onSubmit={(event) => void save(event)} onInput={props.onTouch}>
      {props.children}
      <Fault failure={deed.failure} />
      {deed.failure?.key === "changed-meanwhile" && (
        <button type="button" class="btn" onClick={props.onReload}>
          {t.settings.reload}
        </button>
      )}
      {props.change && (
        <div class="buttons">
          <button type="submit" class="btn" data-testid={`${props.testid}-save`} disabled={deed.busy || props.part === null}>
            {deed.busy ? t.busy : t.common.save}
          </button>
        </div>
      )}
    </form>
  );
}

/** The numbers that calls may be announced from. */
export function Numbers(props: PartProps): JSX.Element {
  const office = useOffice();
  const n = office.texts.value.numbers;
  const displayed = props.org.settings.display?.number ?? "";
  const [text, setText] = useState((props.org.settings.outbound_numbers ?? []).join("\n"));
  const found = numbersOf(text, displayed);
  const change = office.may("settings", "change");
  return (
    <Part {...props} testid="numbers" change={change} part={found.ok ? { outbound_numbers: found.numbers } : null}>
      <Section title={n.title} lead={n.lead}>
        <p>
          {n.displayed} <span class="tabular">{displayed}</span>
        </p>
        <Field label={n.label} help={n.help} rows={4} maxLength={800} value={text} disabled={!change} onValue={setText} error={found.ok ? null : n.faults[found.fault](plain(found.line))} testid="numbers-list" />
      </Section>
    </Part>
  );
}

/** Which weaker procedures each purpose allows when a phone is lost, dead or new. Security decides. */
export function Fallbacks(props: PartProps): JSX.Element {
  const office = useOffice();
  const b = office.texts.value.fallbacks;
  const purposes = useLoad(async () => {
    if (!office.may("policies", "view")) return [];
    const [list, policies] = await Promise.all([office.org.purposes(), office.org.policies()]);
    const terms = (id: string): boolean => {
      const policy = policies.find((it) => it.id === id);
      const current = policy?.versions.find((it) => it.version === policy.current);
      return current !== undefined && asksTerms(current.document);
    };
    // Of a payment, an order or a prospect nothing stands in for the phone.
    return list.filter((purpose) => (purpose.kind ?? null) === null && !terms(purpose.policy));
  });
  const [chosen, setChosen] = useState<readonly PurposeFallbacks[]>(props.org.settings.fallbacks ?? []);
  const change = office.may("policies", "change");
  const methodsOf = (code: string): readonly Fallback[] => chosen.find((it) => it.purpose === code)?.methods ?? [];
  const set = (code: string, method: Fallback, on: boolean): void => {
    const methods = FALLBACKS.filter((it) => (it === method ? on : methodsOf(code).includes(it)));
    const next = chosen.some((it) => it.purpose === code) ? chosen.map((it) => (it.purpose === code ? { purpose: code, methods } : it)) : [...chosen, { purpose: code, methods }];
    setChosen(next.filter((it) => it.methods.length > 0));
  };
  return (
    <Part {...props} testid="fallbacks" change={change} part={{ fallbacks: [...chosen] }}>
      <Section title={b.title} lead={b.lead}>
        <p class="warn-box">
          <strong>{b.weaker}</strong>
          <br />
          {b.weakerNote}
        </p>
        {change ? <></> : <p class="muted">{b.securityOnly}</p>}
        <Ready of={purposes}>
          {(list) => (
            <>
              {list.map((purpose) => (
                <fieldset key={purpose.code} class="field fallback-purpose" data-testid={`fallbacks-${purpose.code}`}>
                  <legend>{plain(pick(purpose, office.lang.value))}</legend>
                  <div class="choices">
                    {FALLBACKS.map((method) => (
                      <Tick key={method} label={b.methods[method]} checked={methodsOf(purpose.code).includes(method)} disabled={!change} onTick={(on) => set(purpose.code, method, on)} testid={`fallback-${purpose.code}-${method}`} />
                    ))}
                    </div>
                  </fieldset>
                ))}
            </>
          )}
        </Ready>
        <dl class="facts method-notes">
          {FALLBACKS.map((method) => (
            <>
              <dt key={`${method}-name`}>{b.methods[method]}</dt>
              <dd key={method}>{b.notes[method]}</dd>
            </>
          ))}
        </dl>
      </Section>
    </Part>
  );
}
