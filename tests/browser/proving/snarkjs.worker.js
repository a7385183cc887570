// snarkjs in one worker, loaded as its own published browser file. Each message is a task, see snarkjs.mjs.

importScripts('/tasks.js', '/snarkjs.min.js')

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer())
const started = (async () => makeTasks(snarkjs, await bytes('/circuit.zkey'), await bytes('/witness.wtns'), await (await fetch('/vk.json')).json()))()

onmessage = async ({ data: { task, runs } }) => {
  try {
    postMessage({ value: await (await started)(task, runs) })
  } catch (error) {
    postMessage({ error: `${task}: ${error instanceof Error ? error.stack : error}` })
  }
}
