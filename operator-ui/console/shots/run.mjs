// Pictures of every state into target/shots/console: operator-ui/kit/shots/run.mjs says how.
import { draw } from "../../kit/shots/run.mjs";
import { behaviours } from "./behaviours.mjs";
import { scenarios } from "./scenarios.mjs";
import { startMock } from "./server.mjs";

const size = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const others = [{ width: 1920, height: 1080 }, { width: 1024, height: 768 }, phone];

await draw({
  name: "console", from: import.meta.url, startMock, scenarios, behaviours, size,
  whole: (_page, viewport) => viewport.width < 800,
  further: ["start", "opened", "verified", "reported", "locked", "call-confirmed-due", "call-talking", "call-approved", "start-call", "start-payment", "weaker-form", "weaker-accepted", "weaker-waiting", "decide", "lost-sure", "invited", "prospect-verified"].flatMap((state) => [
    ...others.map((viewport) => [state, "ja", "light", viewport, { pseudo: true }]),
    [state, "en", "light", phone, { pseudo: true }],
    [state, "ja", "dark", size, { suffix: "-forced", context: { forcedColors: "active" } }],
  ]),
});
