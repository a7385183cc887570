// A bare page with one worker, on loopback: what each bench runs in.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' }

/** The worker posts `{ value }` or `{ error }` to each message, in order. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,"><script>
  const type = new URLSearchParams(location.search).get('type')
  const worker = new Worker('/worker.js', { type })
  window.ask = (message) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => ('error' in data ? reject(new Error(data.error)) : resolve(data.value))
    worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'))
    worker.postMessage(message)
  })
</script>`

/** Serves `files` (path to file name, or to bytes) and the page. Isolated, so that the clock counts in 5 µs steps. */
async function serve(files) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname
    const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'cache-control': 'no-store' }
    try {
      if (path === '/') return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(PAGE)
      const file = files[path]
      if (file === undefined) return void response.writeHead(404, headers).end()
      const body = typeof file === 'string' ? await readFile(file) : file
      response.writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
    } catch (error) {
      response.writeHead(500, headers).end(String(error))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) }
}

/**
 * Opens fresh workers: `run(work)` gives `work` a function that sends the worker one message and returns its answer.
 * `files` must hold `/worker.js`; `type` is how it is loaded, `module` or `classic`.
 */
export async function workers(browser, files, type) {
  const server = await serve(files)
  return {
    async run(work) {
      const context = await browser.newContext()
      try {
        const page = await context.newPage()
        page.on('pageerror', (error) => console.error(`page: ${error}`))
        await page.goto(`${server.origin}/?type=${type}`)
        if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('the page is not isolated: its clock is too coarse')
        return await work((message) => page.evaluate((m) => window.ask(m), message))
      } finally {
        await context.close()
      }
    },
    close: () => server.close(),
  }
}

/** Written beside its name and renamed: nothing half-written. */
export async function writeJson(file, value) {
  await writeFile(`${file}.part`, `${JSON.stringify(value, null, 2)}\n`)
  await rename(`${file}.part`, file)
}
