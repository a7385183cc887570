import type { Incident, Me } from "../src/core/types.ts";

export const NOW = 1_700_000_000_000;
const DAY = 86_400_000;

export const me = (): Me => ({
  person: { id: "p_1", name: { ja: "田中 美咲", en: "Misaki Tanaka" }, label: { ja: "田中", en: "Tanaka" }, roles: ["owner"] },
  organisation: { id: "midori", kind: "tenant", name: { ja: "みどり銀行", en: "Midori Bank" }, status: "active" },
  rights: { dashboard: ["view"], settings: ["view"], people: ["view", "change", "delete"], incidents: ["view", "change"], alerts: ["view"], machines: ["view"] },
  idle_lock_s: 300,
  now: NOW,
});

export const incident = (over: Partial<Incident> = {}): Incident => ({
  id: "in_1",
  target: { kind: "person", id: "p_2" },
  reason: "leak",
  note: "",
  began_at: NOW,
  began_by: "p_1",
  ended_at: null,
  preliminary_from: NOW + 3 * DAY,
  preliminary_by: NOW + 5 * DAY,
  final_by: NOW + 30 * DAY,
  final_by_if_improper: NOW + 60 * DAY,
  affected_customers: 3,
  live_calls: 1,
  ...over,
});
