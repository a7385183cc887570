import { formatTime, locale, pick, type Lang } from "@honnin/kit";
import type { JSX } from "preact";
import { DIALS_BEFORE, moves } from "../core/calls.ts";
import type { Kind } from "../core/present.ts";
import type { CallPart, View, Window } from "../core/types.ts";
import { useDesk } from "./context.ts";
import type { Desk } from "./desk.ts";

/** Day and times of a window, by this machine's clock. */
export function windowText({ from, until }: Window, lang: Lang): string {
  const day = new Intl.DateTimeFormat(locale(lang), { month: "short", day: "numeric", weekday: "short" }).format(from);
  const time = (ms: number): string => formatTime(ms, lang, { seconds: false });
  return `${day} ${time(from)}${lang === "ja" ? "〜" : "–"}${time(until)}`;
}

const pair = (call: CallPart, lang: Lang): string | null => (call.words === null ? null : call.words[lang].join(lang === "ja" ? "・" : ", "));

/** What is said first: who calls, and the pair that the customer's screen shows. */
export function callScript(desk: Desk, view: View): string {
  const lang = desk.lang.value;
  const { me } = desk.state.value;
  const tenant = me?.tenants.find((it) => it.id === desk.work.company(view));
  const who = view.call?.alias ?? me?.person.name;
  const company = tenant?.display.name ?? me?.organisation.name;
  return desk.texts.value.script.call(company ? pick(company, lang) : "", who ? pick(who, lang) : "", (view.call && pair(view.call, lang)) ?? "");
}

/** An announced call: when, from where, the word pair, and what the telephone does. */
export function Dial({ call, kind }: { call: CallPart; kind: Kind }): JSX.Element {
  const desk = useDesk();
  const lang = desk.lang.value;
  const t = desk.texts.value.dial;
  const now = desk.now.value;
  const can = moves(call, now);
  const words = pair(call, lang);
  const before = call.state === "announced" || call.state === "confirmed";
  return (
    <section class="dial" aria-label={t.title} data-testid="dial" data-state={call.state}>
      <dl class="dial-facts">
        <div>
          <dt>{t.window}</dt>
          <dd class="tabular" data-testid="call-window">
            {windowText(call, lang)}
          </dd>
        </div>
        <div>
          <dt>{t.number}</dt>
          <dd class="tabular" data-testid="call-number">
            {call.number}
          </dd>
        </div>
        {call.alias !== null && (
          <div>
            <dt>{t.alias}</dt>
            <dd>{pick(call.alias, lang)}</dd>
          </div>
        )}
      </dl>
      {words !== null && (kind === "confirmed" || kind === "ringing" || kind === "talking") && (
        <p class="dial-words">
          <span class="tile-name">{t.words}</span>
          <strong data-testid="pair-words">{words}</strong>
        </p>
      )}
      <div class="dial-moves">
        {can.map((to, i) => (
          <button
            key={to}
            type="button"
            class={i === 0 && kind !== "announced" && kind !== "unproven" ? "btn btn-primary" : "btn"}
            data-testid={`move-${to}`}
            disabled={desk.state.value.busy}
            onClick={() => void desk.work.move(call.id, to)}
          >
            {t.moves[to]}
          </button>
        ))}
        {before && (
          <p class="muted" data-testid="dial-hint">
            {can.length > 0 ? t.hint : now >= call.until ? t.over : t.early(formatTime(call.from - DIALS_BEFORE, lang, { seconds: false }))}
            {call.state === "announced" && now < call.until && ` ${t.unconfirmed}`}
          </p>
        )}
      </div>
    </section>
  );
}
