import { expect, test } from 'vitest'
import type { Answer } from '../src/prover/api'
import { Prover, type Port } from '../src/prover/bridge'

class Fake implements Port {
  sent: { id: number; method: string }[] = []
  ended = false
  onmessage: ((event: MessageEvent<Answer>) => void) | null = null
  onerror: ((event: ErrorEvent) => void) | null = null
  postMessage(message: unknown) {
    this.sent.push(message as { id: number; method: string })
  }
  terminate() {
    this.ended = true
  }
  answer(change: Partial<Answer> & { id: number }) {
    this.onmessage?.({ data: { start: 1, ms: 2, peak: 3, ok: true, value: undefined, ...change } } as MessageEvent<Answer>)
  }
}

function bridge() {
  const ports: Fake[] = []
  const times: unknown[] = []
  const prover = new Prover(() => (ports.push(new Fake()), ports.at(-1) as Fake), (...t) => times.push(t))
  return { prover, ports, times }
}

test('answers find their callers whatever their order, and times are told', async () => {
  const { prover, ports, times } = bridge()
  const a = prover.call('pseudonym', [new Uint8Array(1), 'a'])
  const b = prover.call('pseudonym', [new Uint8Array(1), 'b'])
  ports[0]!.answer({ id: 2, value: 'B' })
  ports[0]!.answer({ id: 1, value: 'A' })
  expect([await a, await b]).toEqual(['A', 'B'])
  expect(times).toEqual([['pseudonym', 1, 2, 3], ['pseudonym', 1, 2, 3]])
  expect(ports).toHaveLength(1)
})

test('a failure carries the prover’s code', async () => {
  const { prover, ports } = bridge()
  const call = prover.call('holderCommitment', [new Uint8Array(1)])
  ports[0]!.answer({ id: 1, ok: false, code: 'malformed-holder' } as Partial<Answer> & { id: number })
  await expect(call).rejects.toMatchObject({ code: 'malformed-holder' })
})

test('aborting stops the worker, rejects what waits, and the next call starts anew', async () => {
  const { prover, ports } = bridge()
  const stop = new AbortController()
  const long = prover.call('holderCommitment', [new Uint8Array(1)], stop.signal)
  const other = prover.call('holderCommitment', [new Uint8Array(1)])
  stop.abort()
  await expect(long).rejects.toMatchObject({ code: 'aborted' })
  await expect(other).rejects.toMatchObject({ code: 'aborted' })
  expect(ports[0]!.ended).toBe(true)
  void prover.call('holderCommitment', [new Uint8Array(1)])
  expect(ports).toHaveLength(2)
})

test('a worker that dies rejects rather than hangs', async () => {
  const { prover, ports } = bridge()
  const call = prover.call('holderCommitment', [new Uint8Array(1)])
  ports[0]!.onerror?.({} as ErrorEvent)
  await expect(call).rejects.toMatchObject({ code: 'prover-unavailable' })
})

test('the memory of the running worker is known, and none is held without one', async () => {
  const { prover, ports } = bridge()
  expect(prover.memory).toBe(0)
  const call = prover.call('pseudonym', [new Uint8Array(1), 'a'])
  ports[0]!.answer({ id: 1, peak: 9_000_000 })
  await call
  expect(prover.memory).toBe(9_000_000)
  prover.stop()
  expect(prover.memory).toBe(0)
})
