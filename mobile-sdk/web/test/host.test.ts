// @vitest-environment node
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Answer, Call } from '../src/prover/api'
import * as real from '../src/prover/gen/honnin_wasm.js'
import { Host, MOST_HELD, MOST_STATE_BYTES, type Module } from '../src/prover/host'

/** A module that only counts what it was given to keep. */
function played() {
  const kept = { states: 0, keys: 0, mostKeys: 0 }
  class Prepared {
    constructor(bytes: Uint8Array) {
      if (bytes[0] === 0xff) throw new Error('malformed-prepared')
      kept.states++
    }
    finish() {
      return '{"proof":"p"}'
    }
    free() {
      kept.states--
    }
  }
  class ProvingKey {
    constructor(bytes: Uint8Array) {
      kept.mostKeys = Math.max(kept.mostKeys, kept.keys + 1)
      if (bytes.length === 0) throw new Error('malformed-key')
      kept.keys++
    }
    prepare = () => new Uint8Array(1)
    free() {
      kept.keys--
    }
  }
  let id = 0
  const host = new Host({ Prepared, ProvingKey } as unknown as Module, () => 65_536 * (1 + kept.states))
  const ask = <M extends Call['method']>(method: M, args: Call<M>['args']): Answer => host.answer({ id: ++id, method, args }, () => 5, 1000)
  return { kept, ask }
}

const state = (length = 4) => new Uint8Array(length).fill(7)

test('answers tell their time and the memory, failures too', () => {
  const { ask } = played()
  expect(ask('hold', ['a', state()])).toEqual({ id: 1, ok: true, value: undefined, start: 1005, ms: 0, peak: 131_072 })
  expect(ask('finish', ['none', '{}', state()])).toMatchObject({ id: 2, ok: false, code: 'prepared-missing', peak: 131_072 })
  expect(ask('prepare', ['c', state(), 'p', 'h', 20261119])).toMatchObject({ ok: false, code: 'key-missing' })
})

test('held states are bounded in number: the oldest is wiped, the newest can be finished', () => {
  const { kept, ask } = played()
  for (let i = 0; i < MOST_HELD + 3; i++) ask('hold', [`v_${i}`, state()])
  expect(kept.states).toBe(MOST_HELD)
  expect(ask('finish', ['v_2', '{}', state()])).toMatchObject({ ok: false, code: 'prepared-missing' })
  expect(ask('finish', [`v_${MOST_HELD + 2}`, '{}', state()])).toMatchObject({ ok: true, value: { proof: 'p' } })
})

test('holding under a name again, and dropping, free what was there; a refused state leaves the old one', () => {
  const { kept, ask } = played()
  ask('hold', ['a', state()])
  ask('hold', ['a', state()])
  expect(kept.states).toBe(1)
  expect(ask('hold', ['a', new Uint8Array([0xff])])).toMatchObject({ ok: false, code: 'malformed-prepared' })
  expect(ask('finish', ['a', '{}', state()])).toMatchObject({ ok: true })
  ask('drop', ['a'])
  ask('drop', ['a'])
  expect(kept.states).toBe(0)
})

test('a state too long to be one is refused before it is copied, and every secret argument is wiped', () => {
  const { kept, ask } = played()
  const long = state(MOST_STATE_BYTES + 1)
  expect(ask('hold', ['a', long])).toMatchObject({ ok: false, code: 'malformed-prepared' })
  const fits = state(MOST_STATE_BYTES)
  ask('hold', ['a', fits])
  expect(kept.states).toBe(1)
  for (const bytes of [long, fits]) expect(bytes.every((b) => b === 0)).toBe(true)
  const key = state()
  ask('loadKey', [key, 'hash'])
  expect(key).toEqual(state())
})

test('there is never more than one key, and after a refused one there is none', () => {
  const { kept, ask } = played()
  ask('loadKey', [state(), 'hash'])
  ask('loadKey', [state(), 'hash'])
  expect(kept).toMatchObject({ keys: 1, mostKeys: 1 })
  expect(ask('loadKey', [new Uint8Array(0), 'hash'])).toMatchObject({ ok: false, code: 'malformed-key' })
  expect(kept.keys).toBe(0)
  expect(ask('prepare', ['c', state(), 'p', 'h', 20261119])).toMatchObject({ code: 'key-missing' })
})

test('what is no code is kept back', () => {
  const { ask } = played()
  expect(ask('holderNew', [state()])).toMatchObject({ ok: false, code: 'prover-failed-holdernew' })
})

test('the real module: its memory is told, and calls that were answered or refused leave nothing behind', () => {
  const { memory } = real.initSync({ module: readFileSync(new URL('../src/prover/gen/honnin_wasm_bg.wasm', import.meta.url)) })
  const host = new Host(real, () => memory.buffer.byteLength)
  const round = (n: number): number => {
    let peak = 0
    for (let id = 0; id < n; id++) {
      const holder = host.answer({ id, method: 'holderNew', args: [new Uint8Array(32).fill(id + 1)] }, () => 0, 0)
      expect(holder.ok).toBe(true)
      expect(host.answer({ id, method: 'hold', args: ['a', new Uint8Array(MOST_STATE_BYTES)] }, () => 0, 0)).toMatchObject({ ok: false, code: 'malformed-prepared' })
      peak = host.answer({ id, method: 'loadKey', args: [new Uint8Array(200_000), '0'.repeat(64)] }, () => 0, 0).peak
    }
    return peak
  }
  const first = round(3)
  expect(first).toBeGreaterThan(0)
  expect(round(60)).toBe(first)
})
