import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Desk } from "./desk.ts";

export const DeskContext = createContext<Desk | null>(null);

/** The controller of this page. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("no desk above this component");
  return desk;
}
