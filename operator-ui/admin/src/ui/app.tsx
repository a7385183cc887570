import { Brand, InviteGate, LangButton, LockGate, LoginGate, pick, Seal, StartingGate, type Door } from "@honnin/kit";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Page } from "../core/rights.ts";
import { plain } from "../core/text.ts";
import { AlertsPage } from "./alerts.tsx";
import { AuditPage } from "./audit.tsx";
import { OfficeContext, useOffice } from "./context.ts";
import { CustomersPage } from "./customers.tsx";
import { DashboardPage } from "./dashboard.tsx";
import { DelegationsPage } from "./delegations.tsx";
import { IncidentsPage } from "./incidents.tsx";
import { IssuersPage } from "./issuers.tsx";
import { MachinesPage } from "./machines.tsx";
import type { Office } from "./office.ts";
import { Fault, Plain } from "./parts.tsx";
import { PeoplePage } from "./people.tsx";
import { PoliciesPage } from "./policies.tsx";
import { RecipientsPage } from "./recipients.tsx";
import { ReviewPage } from "./review.tsx";
import { SettingsPage } from "./settings.tsx";
import { targetName } from "./target.ts";

const VIEWS: Readonly<Record<Page, () => JSX.Element>> = {
  dashboard: DashboardPage,
  policies: PoliciesPage,
  recipients: RecipientsPage,
  people: PeoplePage,
  review: ReviewPage,
  machines: MachinesPage,
  delegations: DelegationsPage,
  issuers: IssuersPage,
  audit: AuditPage,
  alerts: AlertsPage,
  customers: CustomersPage,
  incidents: IncidentsPage,
  settings: SettingsPage,
};

export function App({ office }: { office: Office }): JSX.Element {
  const lang = office.lang.value;
  const t = office.texts.value;
  const page = office.phase.value.at === "in" ? office.page.value : null;
  const title = page === null ? t.title : `${t.pages[page]} – ${t.title}`;
  useEffect(() => {
    document.documentElement.lang = lang;
    document.title = title;
  }, [lang, title]);
  return (
    <OfficeContext.Provider value={office}>
      <Screen />
    </OfficeContext.Provider>
  );
}

function Screen(): JSX.Element {
  const office = useOffice();
  const phase = office.phase.value;
  const failure = office.failure.value;
  const door: Door = {
    texts: office.texts.value,
    lang: office.lang.value,
    busy: office.busy.value,
    failed: failure !== null,
    failure: <Fault failure={failure} />,
    setLang: office.setLang,
    login: office.login,
    retry: office.retry,
    accept: office.accept,
    toLogin: office.toLogin,
    company: office.companyId,
    throughCompany: office.throughCompany,
    acceptThroughCompany: office.acceptThroughCompany,
  };
  switch (phase.at) {
    case "starting":
      return <StartingGate door={door} />;
    case "invite":
      return <InviteGate door={door} invitation={office.invitation.value} spent={failure?.key === "invitation-spent"} />;
    case "login":
      return <LoginGate door={door} />;
    case "locked":
      return <LockGate door={door} why={phase.why} who={office.me.value?.person.name ?? null} />;
    case "in":
      return <Workplace />;
  }
}

function Workplace(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const page = office.page.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  // A new page is announced by its heading; the very first is read from the top.
  useEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [page]);
  const View = page === null ? null : VIEWS[page];
  return (
    <div class="office" data-testid="office" data-page={page ?? ""}>
      <a
        class="skip"
        href={page === null ? "#" : `#/${page}`}
        onClick={(event) => {
          // The address names the page, so the jump is made by hand.
          event.preventDefault();
          heading.current?.focus();
        }}
      >
        {t.skip}
      </a>
      <TopBar />
      <Bars />
      <div class="frame">
        <Nav />
        <main class="page">
          <h1 ref={heading} tabIndex={-1} data-testid="page-title">
            {page === null ? t.title : t.pages[page]}
          </h1>
          <Fault failure={office.failure.value} />
          {View === null ? <p data-testid="nothing">{t.top.nothing}</p> : <View key={`${page}-${office.visit.value}`} />}
        </main>
      </div>
    </div>
  );
}

function TopBar(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const lang = office.lang.value;
  const me = office.me.value;
  return (
    <header class="top">
      <Brand />
      {me !== null && (
        <span class="top-desk" data-testid="organisation">
          <Plain text={pick(me.organisation.name, lang)} />
        </span>
      )}
      {me !== null && (
        <span class="top-name" data-testid="person">
          <Plain text={pick(me.person.name, lang)} />
        </span>
      )}
      <div class="top-actions">
        {office.may("verifications", "view") && (
          <a class="bar-button" href="/console/" data-testid="console-link">
            {t.top.console}
          </a>
        )}
        <button type="button" class="bar-button" data-testid="lock" onClick={() => office.lock("button")}>
          {t.top.lock}
        </button>
        <button type="button" class="bar-button" data-testid="sign-out" disabled={office.busy.value} onClick={() => void office.signOut()}>
          {t.top.signOut}
        </button>
        <LangButton lang={lang} label={t.switchTo} setLang={office.setLang} />
      </div>
    </header>
  );
}

/** Across every page: running incidents, a frozen organisation, the nearing lock. */
function Bars(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  return (
    <>
      <div role="alert">
        {office.incidents.value.map((incident) => (
          <p key={incident.id} class="bar bar-incident" data-testid="incident-banner">
            <Seal shape="octagon" size={22} />
            <span>
              <strong>{t.incidents.banner}</strong>
              {t.sep}
              {t.incidents.bannerText(`${plain(targetName(office, incident.target))} (${t.incidents.targets[incident.target.kind]})`, office.format.value.moment(incident.began_at))} <a href="#/incidents">{t.incidents.go}</a>
            </span>
          </p>
        ))}
        {office.me.value?.organisation.status === "frozen" && (
          <p class="bar bar-incident" data-testid="frozen-banner">
            <Seal shape="octagon" size={22} />
            <span>{t.top.frozen}</span>
          </p>
        )}
      </div>
      <div role="status">
        {office.lockWarning.value && (
          <p class="bar bar-lock" data-testid="lock-warning">
            {t.top.lockSoon}
          </p>
        )}
      </div>
    </>
  );
}

function Nav(): JSX.Element {
  const office = useOffice();
  const t = office.texts.value;
  const page = office.page.value;
  const [open, setOpen] = useState(false);
  const visit = (to: Page): void => {
    setOpen(false);
    // The address does not change, so nothing else would notice.
    if (location.hash === `#/${to}`) office.go(location.hash);
  };
  return (
    <nav class="nav" aria-label={t.top.menu}>
      <button type="button" class="btn nav-toggle" aria-expanded={open} aria-controls="nav-list" data-testid="menu" onClick={() => setOpen(!open)}>
        {t.top.menu}
        {page !== null && <span class="muted">{t.pages[page]}</span>}
      </button>
      <ul role="list" id="nav-list" class={open ? "nav-list nav-open" : "nav-list"}>
        {office.pages.value.map((it) => (
          <li key={it}>
            <a href={`#/${it}`} class="nav-link" aria-current={it === page ? "page" : undefined} data-testid={`nav-${it}`} onClick={() => visit(it)}>
              {t.pages[it]}
              {it === "alerts" && office.alerts.value > 0 && (
                <span class="count tabular" aria-label={`${t.alerts.new}: ${office.format.value.number(office.alerts.value)}`} role="img">
                  {office.format.value.number(office.alerts.value)}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
