import { pick } from "@honnin/kit";
import type { Target } from "../core/types.ts";
import type { Office } from "./office.ts";

/** What an incident's target is called, as far as this page knows; else its id. */
export function targetName(office: Office, target: Target): string {
  const me = office.me.value;
  const lang = office.lang.value;
  if (me !== null && target.id === me.organisation.id) return pick(me.organisation.name, lang);
  const name = (target.kind === "person" ? office.names : office.others).value.get(target.id);
  return name === undefined ? target.id : pick(name, lang);
}
