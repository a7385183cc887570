// Pictures of every state into target/shots/admin: operator-ui/kit/shots/run.mjs says how.
import { targets } from "../../kit/shots/checks.mjs";
import { draw } from "../../kit/shots/run.mjs";
import { behaviours } from "./behaviours.mjs";
import { scenarios, wide } from "./scenarios.mjs";
import { startMock } from "./server.mjs";

const size = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

await draw({
  name: "admin", from: import.meta.url, startMock, scenarios, behaviours, size,
  whole: async (page) => (await page.locator("dialog[open]").count()) === 0,
  checks: [targets],
  further: wide.flatMap((state) => [
    [state, "ja", "light", phone, { pseudo: true }],
    [state, "en", "dark", phone, { pseudo: true }],
    [state, "ja", "dark", size, { suffix: "-forced", context: { forcedColors: "active" } }],
  ]),
});
