import { expect, test } from 'vitest'
import { LINGER_MS, MOST_WORKER_BYTES, Workshop, type Bench } from '../src/prover/workshop'
import { policy } from './fixtures'
import { Forge } from './forge'

function workshop() {
  const forge = new Forge()
  const clock = { now: 0 }
  return { forge, clock, shop: new Workshop(forge, () => clock.now) }
}

const key = (bench: Bench, sha256 = 'aaaa') => bench.loadKey(sha256, async () => new Uint8Array(1))
const make = (id: string) => async (bench: Bench) => {
  await key(bench)
  return bench.prepare('credential', new Uint8Array(1), JSON.stringify(policy({ id })), 'C-1', 20261119)
}
/** Until what can run without the test's doing has run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

test('one job at a time; an urgent one goes before those that wait, the one under way is finished', async () => {
  const { forge, shop } = workshop()
  forge.quick = false
  const jobs = [shop.run(false, undefined, make('a')), shop.run(false, undefined, make('b')), shop.run(true, undefined, make('urgent'))]
  for (let i = 0; i < jobs.length; i++) {
    await settled()
    forge.finish()
  }
  await Promise.all(jobs)
  expect(forge.log).toEqual(['loadKey:aaaa', 'prepare:a:20261119', 'prepare:urgent:20261119', 'prepare:b:20261119'])
  expect(forge.most).toBe(1)
})

test('a key is decoded once a worker, and again for another key', async () => {
  const { forge, shop } = workshop()
  for (const sha256 of ['aaaa', 'aaaa', 'bbbb', 'aaaa']) await shop.run(false, undefined, (bench) => key(bench, sha256))
  expect(forge.log).toEqual(['loadKey:aaaa', 'loadKey:bbbb', 'loadKey:aaaa'])
})

test('a job aborted while it waits is not begun; one under way takes the worker with it, and the next starts anew', async () => {
  const { forge, shop } = workshop()
  forge.quick = false
  const [first, second] = [new AbortController(), new AbortController()]
  const under = shop.run(false, first.signal, make('a'))
  const waiting = shop.run(false, second.signal, make('b'))
  await settled()
  second.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  first.abort()
  await expect(under).rejects.toMatchObject({ code: 'aborted' })
  expect(forge.busy).toBe(false)
  forge.quick = true
  await shop.run(false, undefined, make('c'))
  expect(forge.prepared()).toEqual(['a:20261119', 'c:20261119'])
  expect(forge.log.filter((l) => l === 'loadKey:aaaa')).toHaveLength(2)
  await expect(shop.run(true, first.signal, make('d'))).rejects.toMatchObject({ code: 'aborted' })
})

test('a failed job is told, and does not harm the next', async () => {
  const { forge, shop } = workshop()
  forge.fail = (id) => (id === 'bad' ? 'prover-failed-prepare' : null)
  const bad = shop.run(false, undefined, make('bad'))
  const good = shop.run(false, undefined, make('good'))
  await expect(bad).rejects.toMatchObject({ code: 'prover-failed-prepare' })
  await expect(good).resolves.toBeInstanceOf(Uint8Array)
  expect(forge.log).toEqual(['loadKey:aaaa', 'prepare:bad:20261119', 'stop', 'loadKey:aaaa', 'prepare:good:20261119'])
})

test('an idle worker is freed after a while, and not before', async () => {
  const { forge, clock, shop } = workshop()
  await shop.run(false, undefined, make('a'))
  await settled()
  clock.now += LINGER_MS - 1
  shop.tick()
  expect(forge.log).not.toContain('stop')
  await shop.run(false, undefined, make('b'))
  await settled()
  clock.now += LINGER_MS - 1
  shop.tick()
  expect(forge.log).not.toContain('stop')
  clock.now += 1
  shop.tick()
  shop.tick()
  expect(forge.log.filter((l) => l === 'stop')).toHaveLength(1)
})

test('a worker is not freed under a job, however long it takes', async () => {
  const { forge, clock, shop } = workshop()
  await shop.run(false, undefined, make('a'))
  await settled()
  forge.quick = false
  const slow = shop.run(false, undefined, make('b'))
  await settled()
  clock.now += 10 * LINGER_MS
  shop.tick()
  expect(forge.log).not.toContain('stop')
  forge.finish()
  await slow
})

test('a worker that outgrew its bound is ended after the job', async () => {
  const { forge, shop } = workshop()
  forge.memory = MOST_WORKER_BYTES
  await shop.run(false, undefined, make('a'))
  await settled()
  expect(forge.log).not.toContain('stop')
  forge.memory = MOST_WORKER_BYTES + 65_536
  await shop.run(false, undefined, make('b'))
  await settled()
  expect(forge.log.at(-1)).toBe('stop')
})
