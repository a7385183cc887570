import "@honnin/kit/tokens.css";
import "@honnin/kit/base.css";
import "@honnin/kit/shell.css";
import "@honnin/kit/form.css";
import "@honnin/kit/gate.css";
import "./styles/layout.css";
import "./styles/queue.css";
import "./styles/start.css";
import "./styles/call.css";
import "./styles/dial.css";
import "./styles/weaker.css";
import { createPasskey, getPasskey, passkeysAvailable, takeInvitation, takeReturn } from "@honnin/kit";
import { render } from "preact";
import { Api } from "./core/api.ts";
import { App } from "./ui/app.tsx";
import { Desk } from "./ui/desk.ts";

/** Storage can be forbidden; the console then forgets the language, nothing else. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

const desk = new Desk({
  api: new Api({ fetch: (input, init) => fetch(input, init), now: () => Date.now() }),
  openStream: () => new EventSource("/v1/operator/stream"),
  now: () => Date.now(),
  later: (run, ms) => void setTimeout(run, ms),
  createPasskey,
  getPasskey,
  passkeysAvailable,
  leave: (url) => location.assign(url),
  visible: () => document.visibilityState === "visible",
  storage: storage(),
  languages: navigator.languages,
});

for (const type of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(type, () => desk.touch(), { passive: true, capture: true });
document.addEventListener("visibilitychange", () => desk.tick());
setInterval(() => desk.tick(), 500);

// A second invitation link opened in the same tab changes only the fragment.
addEventListener("hashchange", () => {
  const token = takeInvitation(location, history);
  if (token !== null) void desk.begin(token);
});

const root = document.getElementById("app");
if (root === null) throw new Error("no #app in the page");
render(<App desk={desk} />, root);
const back = takeReturn(location, history);
if (back === null) void desk.begin(takeInvitation(location, history));
else void desk.returned(back);
