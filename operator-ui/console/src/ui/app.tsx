import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Announcer } from "./announcer.tsx";
import { Aside } from "./aside.tsx";
import { Call } from "./call.tsx";
import { DeskContext, useDesk } from "./context.ts";
import type { Desk } from "./desk.ts";
import { InviteGate, LockGate, LoginGate, StartingGate } from "./gates.tsx";
import { Queue } from "./queue.tsx";
import { Start } from "./start.tsx";
import { Bars, TopBar } from "./topbar.tsx";

export function App({ desk }: { desk: Desk }): JSX.Element {
  const lang = desk.lang.value;
  const title = desk.texts.value.title;
  useEffect(() => {
    document.documentElement.lang = lang;
    document.title = title;
  }, [lang, title]);
  return (
    <DeskContext.Provider value={desk}>
      <Screen />
    </DeskContext.Provider>
  );
}

function Screen(): JSX.Element {
  const { phase } = useDesk().state.value;
  switch (phase.at) {
    case "starting":
      return <StartingGate />;
    case "invite":
      return <InviteGate />;
    case "login":
      return <LoginGate />;
    case "locked":
      return <LockGate why={phase.why} />;
    case "desk":
      return <Workplace />;
  }
}

function Workplace(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const view = desk.call.value;
  return (
    <div class="desk" data-testid="desk">
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <TopBar />
      <Bars />
      <div class="columns">
        <Queue />
        <main id="main" class="main" tabIndex={-1}>
          {view === null ? <Start /> : <Call key={view.id} view={view} />}
        </main>
        {view !== null && <Aside view={view} />}
      </div>
      <Announcer />
    </div>
  );
}
