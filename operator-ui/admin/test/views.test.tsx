import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Api } from "../src/core/api.ts";
import type { Day } from "../src/core/types.ts";
import { OutcomeChart } from "../src/ui/charts.tsx";
import { OfficeContext } from "../src/ui/context.ts";
import { Office } from "../src/ui/office.ts";
import { Fault, Plain, Table } from "../src/ui/parts.tsx";

const office = new Office({
  api: new Api({ fetch: () => Promise.reject(new TypeError("no network in this test")), now: () => 0 }),
  openStream: () => {
    throw new Error("no stream in this test");
  },
  now: () => 0,
  later: () => undefined,
  createPasskey: async () => ({}) as RegistrationResponseJSON,
  getPasskey: async () => ({}) as AuthenticationResponseJSON,
  passkeysAvailable: () => true,
  leave: () => undefined,
    storage: null,
  languages: ["en"],
});

let host: HTMLElement;
beforeEach(() => {
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(() => {
  render(null, host);
  host.remove();
});
const draw = (view: preact.JSX.Element): Promise<void> => act(() => render(<OfficeContext.Provider value={office}>{view}</OfficeContext.Provider>, host));

test("a hostile name is text, isolated, with nothing that acts", async () => {
  await draw(<Plain text={"\u202Eevil<img src=x onerror=alert(1)>\u200B\u2066"} />);
  expect(host.querySelector("img")).toBeNull();
  expect(host.querySelector("bdi")).not.toBeNull();
  expect(host.innerHTML).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B]/u);
  expect(host.textContent).toBe("U+202Eevil<img src=x onerror=alert(1)>U+200BU+2066");
});

test("a failure is an alert in plain words; an unknown one quotes its reference", async () => {
  await draw(<Fault failure={{ key: "second-person", reference: "" }} />);
  expect(host.querySelector("[role=alert]")?.textContent).toBe(office.texts.value.errors["second-person"]);
  await draw(<Fault failure={{ key: "unknown", reference: "tea-pot 418" }} />);
  expect(host.querySelector("[role=alert]")?.textContent).toContain("tea-pot 418");
  await draw(<Fault failure={null} />);
  expect(host.querySelector("[role=alert]")?.textContent).toBe("");
});

test("a table names its rows and columns, and an empty one says so in words", async () => {
  const columns = [{ head: "Name", main: true, cell: (row: string) => row }, { head: "Length", number: true, cell: (row: string) => row.length }];
  await draw(<Table caption="Things" columns={columns} rows={["one", "three"]} id={(row) => row} empty="Nothing." />);
  expect([...host.querySelectorAll("th[scope=col]")].map((th) => th.textContent)).toEqual(["Name", "Length"]);
  expect([...host.querySelectorAll("th[scope=row]")].map((th) => th.textContent)).toEqual(["one", "three"]);
  expect(host.querySelector("td")?.getAttribute("data-label")).toBe("Length");
  await draw(<Table caption="Things" columns={columns} rows={[] as string[]} id={(row) => row} empty="Nothing." />);
  expect(host.textContent).toBe("Nothing.");
});

test("the chart draws each outcome that there is, each with a pattern of its own", async () => {
  const day: Day = { day: "2026-11-22", passed: 10, denied: 1, failed: 0, expired: 2, unreachable: 0, cancelled: 0 };
  await draw(<OutcomeChart days={[day]} label="Outcomes" />);
  const parts = [...host.querySelectorAll("[data-testid=outcome-chart] rect[data-outcome]")];
  expect(parts.map((rect) => rect.getAttribute("data-outcome"))).toEqual(["passed", "denied", "expired"]);
  expect(new Set(parts.map((rect) => rect.getAttribute("fill"))).size).toBe(3);
  expect(host.querySelector("svg[role=img]")?.getAttribute("aria-label")).toBe("Outcomes");
  const tall = parts.map((rect) => Number(rect.getAttribute("height")));
  expect(tall[0]).toBeCloseTo((tall[1] ?? 0) * 10, 5);
});
