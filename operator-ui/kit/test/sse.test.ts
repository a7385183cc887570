import { expect, test } from "vitest";
import { readSse, SseParser, type SseEvent } from "../src/sse.ts";

const stream = "\uFEFF: hello\r\nid: 7\nevent: request\ndata: {\"a\":1}\n\r\ndata:two\rdata: lines\r\rid: 8\n\nevent: ping\ndata\n\n";
const wanted: SseEvent[] = [
  { event: "request", data: '{"a":1}', id: "7" },
  { event: "message", data: "two\nlines", id: "7" },
  { event: "ping", data: "", id: "8" },
];

test("every cut of the stream gives the same events", () => {
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const parser = new SseParser();
    expect([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))], `cut at ${cut}`).toEqual(wanted);
  }
});

test("an unfinished event is not dispatched, its id is kept for resuming only once complete", () => {
  const parser = new SseParser();
  expect(parser.push("id: 1\ndata: a\n\ndata: b\n")).toHaveLength(1);
  expect(parser.lastEventId).toBe("1");
});

test("retry is read, nonsense is not", () => {
  const parser = new SseParser();
  parser.push("retry: soon\n");
  expect(parser.retry).toBeUndefined();
  parser.push("retry: 1500\n");
  expect(parser.retry).toBe(1500);
});

test("multi-byte characters survive chunk borders", async () => {
  const bytes = new TextEncoder().encode("data: 佐藤\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const events = [];
  for await (const event of readSse(body)) events.push(event.data);
  expect(events).toEqual(["佐藤"]);
});
