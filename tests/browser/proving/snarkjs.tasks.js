// What is measured of snarkjs, the same in Node and in Chromium. A plain script: a worker's importScripts takes no module.

/** Gives `run(task, runs)`: the times of `runs` runs, ms. Everything is in memory before the clock starts. */
function makeTasks(snarkjs, zkey, wtns, vk) {
  const file = (data) => ({ type: 'mem', data })
  const prove = (options) => snarkjs.groth16.prove(file(zkey), file(wtns), undefined, options)
  let proof = null

  /**
   * Only snarkjs' many-threaded curve outlives a call; the `singleThread` option builds another at every proof (some
   * tenths of a second). With a one-threaded curve in its place the proof alone is measured: the kindest figure.
   */
  async function keepSingleCurve() {
    globalThis.curve_bn128 = null
    globalThis.curve_bn128 = await snarkjs.curves.getCurveFromName('bn128', { singleThread: true })
  }
  async function keepManyCurve() {
    globalThis.curve_bn128 = null
    const curve = await snarkjs.curves.getCurveFromName('bn128')
    if (!(curve.tm.concurrency > 1)) throw new Error('snarkjs started no threads')
  }

  const tasks = {
    single: { before: keepSingleCurve, run: async () => (proof = await prove()) },
    single_option: { run: async () => (proof = await prove({ singleThread: true })) },
    multi: { before: keepManyCurve, run: async () => (proof = await prove()) },
    verify_single: { before: keepSingleCurve, run: () => verify() },
    verify: { before: keepManyCurve, run: () => verify() },
  }

  async function verify() {
    if (!(await snarkjs.groth16.verify(vk, proof.publicSignals, proof.proof))) throw new Error('snarkjs refused its own proof')
  }

  return async function run(task, runs) {
    const { before, run: once } = tasks[task]
    await before?.()
    const times = []
    for (let i = 0; i < runs; i++) {
      const from = performance.now()
      await once()
      times.push(performance.now() - from)
    }
    // A key that does not belong to the witness gives a proof all the same, only a wrong one.
    await verify()
    await globalThis.curve_bn128?.terminate()
    globalThis.curve_bn128 = null
    return times
  }
}
