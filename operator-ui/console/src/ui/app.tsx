import { InviteGate, LockGate, LoginGate, StartingGate, type Door } from "@honnin/kit";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Announcer } from "./announcer.tsx";
import { Aside } from "./aside.tsx";
import { Call } from "./call.tsx";
import { DeskContext, useDesk } from "./context.ts";
import { Decide } from "./decide.tsx";
import type { Desk } from "./desk.ts";
import { Queue } from "./queue.tsx";
import { Start } from "./start.tsx";
import { Bars, Failure, TopBar } from "./topbar.tsx";

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
  const desk = useDesk();
  const { phase, error, busy, me } = desk.state.value;
  const door: Door = {
    texts: desk.texts.value,
    lang: desk.lang.value,
    busy,
    failed: error !== null,
    failure: <Failure />,
    setLang: (lang) => desk.setLang(lang),
    login: () => desk.login(),
    retry: desk.retry,
    accept: () => desk.acceptInvitation(),
    toLogin: desk.toLogin,
    company: desk.companyId,
    throughCompany: (company) => desk.throughCompany(company),
    acceptThroughCompany: () => desk.acceptThroughCompany(),
  };
  switch (phase.at) {
    case "starting":
      return <StartingGate door={door} />;
    case "invite":
      return <InviteGate door={door} invitation={desk.invitation.value} spent={error === "invitation-spent"} />;
    case "login":
      return <LoginGate door={door} />;
    case "locked":
      return <LockGate door={door} why={phase.why} who={me?.person.name ?? null} />;
    case "desk":
      return <Workplace />;
  }
}

function Workplace(): JSX.Element {
  const desk = useDesk();
  const t = desk.texts.value;
  const view = desk.call.value;
  const deciding = desk.deciding.value;
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
          {view !== null ? <Call key={view.id} view={view} /> : deciding !== null ? <Decide key={deciding.id} fallback={deciding} /> : <Start />}
        </main>
        {view !== null && <Aside view={view} />}
      </div>
      <Announcer />
    </div>
  );
}
