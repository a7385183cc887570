import { Seal } from "@honnin/kit";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { total } from "../core/charts.ts";
import { OUTCOMES, type Dashboard, type Day, type Outcome } from "../core/types.ts";
import { OutcomeChart, TimeChart } from "./charts.tsx";
import { useLoad, useOffice } from "./context.ts";
import { Ready, Section, Select, Table } from "./parts.tsx";

const PERIODS = [7, 30, 90] as const;

export function DashboardPage(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const f = office.format.value;
  const [days, setDays] = useState<number>(30);
  const loaded = useLoad(() => office.org.dashboard(days), days);
  return (
    <>
      <div class="page-tools">
        <p class="muted">{t.dashboard.lead(f.zone)}</p>
        <Select label={t.dashboard.period} testid="period" value={String(days)} options={PERIODS.map((n) => ({ value: String(n), text: t.dashboard.days(f.number(n)) }))} onValue={(value) => setDays(Number(value))} />
      </div>
      <Ready of={loaded}>{(data) => <Figures data={data} />}</Ready>
    </>
  );
}

function Figures({ data }: { data: Dashboard }): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const f = office.format.value;
  const d = t.dashboard;
  // Oldest on the left, whatever the order of the list.
  const days = [...data.outcomes].sort((a, b) => (a.day < b.day ? -1 : 1));
  const times = [...data.start_to_verdict.by_day].sort((a, b) => (a.day < b.day ? -1 : 1));
  // On the same days as the chart above, with nothing where nothing was confirmed.
  const timed = days.map(({ day }) => times.find((it) => it.day === day) ?? { day, median_ms: null, p95_ms: null });
  const sum = (outcome: Outcome): number => days.reduce((n, day) => n + day[outcome], 0);
  const all = days.reduce((n, day) => n + total(day, OUTCOMES), 0);
  const rate = all === 0 ? "–" : f.percent(sum("passed") / all);
  const time = (ms: number | null): string => (ms === null ? "–" : f.seconds(ms));
  const { median_ms, p95_ms } = data.start_to_verdict;
  return (
    <div class="stack" data-testid="dashboard">
      <dl class="tiles">
        <Tile name={d.total} value={f.number(all)} note={`${d.rate} ${rate}`} />
        <Tile name={`${d.time}${t.sep}${d.median}`} value={time(median_ms)} note={`${d.p95} ${time(p95_ms)}`} />
        <Tile name={d.saved} value={d.minutes(f.number(data.saved.minutes))} note={d.savedNote(f.number(data.saved.baseline_s))} />
        <Tile name={d.refusals} value={f.number(data.refusals)} note={`${d.reports} ${f.number(data.reports)}`} />
        <Tile name={d.weaker} value={f.number(data.weaker ?? 0)} note={d.weakerNote} kind="weaker" />
        <Tile name={d.open} value={f.number(data.open)} note={`${d.online} ${f.number(data.people_online)}`} />
        <Tile name={d.devices} value={f.number(data.devices)} />
      </dl>
      <Section title={d.outcomes} testid="outcomes">
        {all === 0 ? (
          <p class="muted empty">{d.empty}</p>
        ) : (
          <figure>
            <OutcomeChart days={days} label={d.outcomesLabel(f.number(all), rate)} />
            <details>
              <summary data-testid="outcomes-table-open">{t.common.table}</summary>
              <Table<Day>
                caption={d.outcomes}
                testid="outcomes-table"
                empty={d.empty}
                rows={[...days].reverse()}
                id={(day) => day.day}
                columns={[
                  { head: d.day, main: true, cell: (day) => f.monthDay(day.day) },
                  ...OUTCOMES.map((outcome) => ({ head: t.outcomes[outcome], number: true, cell: (day: Day) => f.number(day[outcome]) })),
                  { head: d.total, number: true, cell: (day) => f.number(total(day, OUTCOMES)) },
                ]}
              />
            </details>
          </figure>
        )}
      </Section>
      <Section title={d.time} testid="times">
        {data.start_to_verdict.count === 0 ? (
          <p class="muted empty">{d.empty}</p>
        ) : (
          <figure>
            <TimeChart
              days={timed.map((day) => day.day)}
              lines={[
                { name: d.median, shape: "round", values: timed.map((day) => day.median_ms) },
                { name: d.p95, shape: "square", values: timed.map((day) => day.p95_ms) },
              ]}
              label={d.timeLabel(time(median_ms), time(p95_ms))}
            />
            <details>
              <summary>{t.common.table}</summary>
              <Table
                caption={d.time}
                testid="times-table"
                empty={d.empty}
                rows={[...times].reverse()}
                id={(day) => day.day}
                columns={[
                  { head: d.day, main: true, cell: (day) => f.monthDay(day.day) },
                  { head: d.median, number: true, cell: (day) => time(day.median_ms) },
                  { head: d.p95, number: true, cell: (day) => time(day.p95_ms) },
                ]}
              />
            </details>
          </figure>
        )}
      </Section>
    </div>
  );
}

const Tile = ({ name, value, note, kind }: { name: string; value: string; note?: string; kind?: "weaker" }): JSX.Element => (
  <div class={kind === undefined ? "tile" : "tile tile-weaker"} data-testid={kind && `tile-${kind}`}>
    <dt>
      {kind !== undefined && <Seal shape="half" size={18} />}
      {name}
    </dt>
    <dd class="tile-value tabular">{value}</dd>
    {note !== undefined && <dd class="small muted tabular">{note}</dd>}
  </div>
);
