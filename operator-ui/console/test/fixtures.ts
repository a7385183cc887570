import type { Me, View } from "../src/core/types.ts";

const words = { proves: [{ ja: "ご契約者本人である", en: "You are the account holder" }], not_sent: { ja: ["住所"], en: ["address"] } };

export const NOW = 1_700_000_000_000;

export const view = (over: Partial<View> = {}): View => ({
  id: "v_0000000000000000000001",
  reference: "H7K2-93QD",
  handle: "C-20481",
  purpose: { code: "address-change", ja: "住所変更のお手続き", en: "Address change" },
  policy: { id: "standard", version: 1, name: { ja: "標準", en: "Standard" } },
  words,
  direction: "inbound",
  state: "created",
  detail: null,
  match_code: null,
  created_at: NOW,
  delivered_at: null,
  opened_at: null,
  decided_at: null,
  expires_at: NOW + 120_000,
  valid_until: null,
  approve_ms: null,
  ...over,
});

export const me = (): Me => ({
  person: { id: "p_1", name: { ja: "佐藤 花", en: "Hana Sato" }, label: { ja: "佐藤", en: "Sato" }, roles: ["operator"] },
  organisation: { id: "midori", kind: "tenant", name: { ja: "みどり銀行", en: "Midori Bank" }, status: "active" },
  rights: { verifications: ["view", "change"] },
  tenants: [
    {
      id: "midori",
      display: { name: { ja: "みどり銀行", en: "Midori Bank" }, desk: { ja: "窓口", en: "Desk" }, number: "0120-000-123" },
      purposes: [{ code: "address-change", ja: "住所変更のお手続き", en: "Address change", policy: { id: "standard", version: 1, name: { ja: "標準", en: "Standard" }, words }, delegation: null, until: null }],
    },
  ],
  idle_lock_s: 300,
  now: NOW,
});
