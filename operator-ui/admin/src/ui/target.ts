import { pick } from "@honnin/kit";
import type { Target } from "../core/types.ts";
import type { Office } from "./office.ts";

/** What an incident's target is called, as far as this page knows; else its id. */
export function targetName(office: Office, target: Target): string {
  const me = office.me.value;
  const lang = office.lang.value;
  if (me !== null && target.id === me.organisation.id) return pick(me.organisation.name, lang);
  const person = target.kind === "person" ? office.names.value.get(target.id) : undefined;
  return person === undefined ? target.id : pick(person, lang);
}
