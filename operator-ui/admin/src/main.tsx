import "@honnin/kit/tokens.css";
import "@honnin/kit/base.css";
import "@honnin/kit/shell.css";
import "@honnin/kit/form.css";
import "@honnin/kit/gate.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/pages.css";
import { createPasskey, getPasskey, passkeysAvailable, takeInvitation, takeReturn } from "@honnin/kit";
import { render } from "preact";
import { Api } from "./core/api.ts";
import { App } from "./ui/app.tsx";
import { Office } from "./ui/office.ts";

/** Storage can be forbidden; the pages then forget the language, nothing else. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

const office = new Office({
  api: new Api({ fetch: (input, init) => fetch(input, init), now: () => Date.now() }),
  openStream: () => new EventSource("/v1/operator/stream"),
  now: () => Date.now(),
  later: (run, ms) => void setTimeout(run, ms),
  createPasskey,
  getPasskey,
  passkeysAvailable,
  leave: (url) => location.assign(url),
  storage: storage(),
  languages: navigator.languages,
});

for (const type of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(type, () => office.touch(), { passive: true, capture: true });
document.addEventListener("visibilitychange", () => office.tick());
setInterval(() => office.tick(), 500);

// The address holds the page's name alone; an invitation link opened in the same tab changes only the fragment.
addEventListener("hashchange", () => {
  const token = takeInvitation(location, history);
  if (token !== null) void office.begin(token);
  else office.go(location.hash);
});

const root = document.getElementById("app");
if (root === null) throw new Error("no #app in the page");
render(<App office={office} />, root);
const back = takeReturn(location, history);
const invitation = takeInvitation(location, history);
office.go(location.hash);
if (back === null) void office.begin(invitation);
else void office.returned(back);
