// Semaphore in one worker; bundled from its published packages as an app would.

import { Group } from '@semaphore-protocol/group'
import { Identity } from '@semaphore-protocol/identity'
import { generateProof, verifyProof } from '@semaphore-protocol/proof'

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer())
const artifacts = (async () => ({ wasm: await bytes('/semaphore.wasm'), zkey: await bytes('/semaphore.zkey') }))()

/** A full proof of membership and its check, `runs` times; each proof is for a scope of its own. */
async function measure({ depth, runs }) {
  const me = new Identity('member of the bench')
  const others = Array.from({ length: 2 ** depth - 1 }, (_, i) => BigInt(i + 2))
  const group = new Group([me.commitment, ...others])
  if (group.depth !== depth) throw new Error(`a group of depth ${group.depth}, wanted ${depth}`)
  const snark = await artifacts
  const times = { full: [], verify: [] }
  for (let i = 0; i < runs; i++) {
    const from = performance.now()
    const proof = await generateProof(me, group, 'hello', `scope ${i}`, depth, snark)
    times.full.push(performance.now() - from)
    const checking = performance.now()
    if (!(await verifyProof(proof))) throw new Error('Semaphore refused its own proof')
    times.verify.push(performance.now() - checking)
  }
  return times
}

onmessage = async ({ data }) => {
  try {
    postMessage({ value: await measure(data) })
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.stack : String(error) })
  }
}
