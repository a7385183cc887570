// Budgets of what a phone must fetch before a request is readable. Run after `npm run build`.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const html = readFileSync(new URL('index.html', dist), 'utf8')
const gz = (path) => gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length
const referenced = (pattern) => [...html.matchAll(pattern)].map((m) => m[1])
const sum = (paths) => paths.reduce((n, p) => n + gz(p), 0)

const scripts = referenced(/(?:src|href)="\/app\/([^"]+\.js)"/g)
const styles = referenced(/href="\/app\/([^"]+\.css)"/g)
const wasm = readdirSync(new URL('assets/', dist)).filter((f) => f.endsWith('.wasm')).map((f) => `assets/${f}`)
const checks = [
  ['initial script', sum(scripts), 60 * 1024],
  ['css', sum(styles), 12 * 1024],
  ['wasm', sum(wasm), 900 * 1024],
]
let failed = scripts.length === 0 || styles.length === 0
for (const [name, bytes, most] of checks) {
  const over = bytes > most
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${name}: ${bytes} of ${most} bytes gzipped`)
}
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/.test(html)) {
  failed = true
  console.log('OVER inline script or style in index.html: the content-security policy forbids it')
}
process.exit(failed ? 1 : 0)
