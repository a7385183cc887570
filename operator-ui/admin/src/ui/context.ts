import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../core/errors.ts";
import type { Office } from "./office.ts";

export const OfficeContext = createContext<Office | null>(null);

/** The controller of this page. */
export function useOffice(): Office {
  const office = useContext(OfficeContext);
  if (office === null) throw new Error("no office above this component");
  return office;
}

/** Something read from the server: what was read last, and why the newest reading failed. */
export interface Loaded<T> {
  data: T | null;
  failure: Failure | null;
  reload: () => Promise<void>;
}

/** Reads when the component appears and when `key` changes; an answer that was overtaken is dropped. */
export function useLoad<T>(load: () => Promise<T>, key: string | number = ""): Loaded<T> {
  const office = useOffice();
  const [state, setState] = useState<{ data: T | null; failure: Failure | null }>({ data: null, failure: null });
  const turn = useRef(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(async (): Promise<void> => {
    turn.current += 1;
    const mine = turn.current;
    try {
      const data = await latest.current();
      if (turn.current === mine) setState({ data, failure: null });
    } catch (thrown) {
      const failure = office.caught(thrown);
      if (turn.current === mine && failure !== null) setState((was) => ({ data: was.data, failure }));
    }
  }, [office]);
  useEffect(() => {
    void reload();
    return () => {
      turn.current += 1;
    };
  }, [reload, key]);
  return { ...state, reload };
}

/** One deed at a time, with its failure. */
export interface Deed {
  busy: boolean;
  failure: Failure | null;
  /** True when it succeeded. */
  run: (deed: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

export function useDeed(): Deed {
  const office = useOffice();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const going = useRef(false);
  const run = async (deed: () => Promise<void>): Promise<boolean> => {
    if (going.current) return false;
    going.current = true;
    setFailure(null);
    setBusy(true);
    try {
      await deed();
      return true;
    } catch (thrown) {
      setFailure(office.caught(thrown));
      return false;
    } finally {
      going.current = false;
      setBusy(false);
    }
  };
  return { busy, failure, run, clear: () => setFailure(null) };
}
