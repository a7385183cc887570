import { formatTime, pick } from "@honnin/kit";
import type { JSX } from "preact";
import { isProspect, kindOf } from "../core/present.ts";
import type { View } from "../core/types.ts";
import type { Procedure } from "../i18n/types.ts";
import { useDesk } from "./context.ts";
import { hasFallbackPart } from "./fallback.tsx";
import { WordList } from "./words.tsx";

/** What this call is about, and what to do when the app can't be used. */
export function Aside({ view }: { view: View }): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const lang = desk.lang.value;
  const verified = kindOf(view, desk.now.value) === "verified" && view.valid_until !== null;
  return (
    <aside class="aside" aria-label={t.aside.call} data-testid="aside">
      <section>
        <h2>{t.aside.proves}</h2>
        <WordList items={view.words.proves.map((word) => pick(word, lang))} />
      </section>
      <section>
        <h2>{t.aside.notSent}</h2>
        <p class="muted">{view.words.not_sent[lang].join(lang === "ja" ? "・" : ", ")}</p>
      </section>
      <section>
        <h2>{t.aside.call}</h2>
        <dl class="facts">
          <dt>{t.aside.reference}</dt>
          <dd class="tabular" data-testid="reference">
            {view.reference}
          </dd>
          <dt>{t.aside.policy}</dt>
          <dd>{t.aside.version(pick(view.policy.name, lang), view.policy.version)}</dd>
          <dt>{t.aside.valid}</dt>
          <dd data-testid="valid-until">{verified && view.valid_until !== null ? t.aside.validUntil(formatTime(view.valid_until, lang, { seconds: false })) : t.aside.validCall}</dd>
        </dl>
      </section>
      {!isProspect(view) && !hasFallbackPart(desk, view) && (
        <section data-testid="fallback">
          <h2>{t.aside.fallback}</h2>
          <Steps procedure={t.procedures.callback} testid="fallback-callback" />
          <Steps procedure={t.procedures.supervisor} testid="fallback-supervisor" />
          <Steps procedure={t.procedures.enrol} testid="fallback-enrol" />
        </section>
      )}
    </aside>
  );
}

function Steps({ procedure, testid }: { procedure: Procedure; testid: string }): JSX.Element {
  return (
    <details class="procedure" data-testid={testid}>
      <summary>{procedure.title}</summary>
      <ol>
        {procedure.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </details>
  );
}
