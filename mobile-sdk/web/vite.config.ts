import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

/** Writes sw.js with the list of files that the shell needs; the prover's worker and WASM are fetched when used. */
function shell(): Plugin {
  return {
    name: 'honnin-shell',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((f) => /\.(js|css)$/.test(f) && !f.includes('worker') && !f.includes('honnin_wasm'))
      const list = JSON.stringify(['/app/', '/app/icon.svg', '/app/manifest.webmanifest', ...files.map((f) => `/app/${f}`).sort()])
      const version = createHash('sha256').update(list).digest('hex').slice(0, 12)
      const source = readFileSync(new URL('src/sw.js', import.meta.url), 'utf8')
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: source.replace('__SHELL__', list).replace('__VERSION__', JSON.stringify(version)) })
    },
  }
}

/** Without the prover there is no app: say what builds it rather than fail on a missing file. */
function needsProver(): Plugin {
  return {
    name: 'honnin-needs-prover',
    apply: 'build',
    buildStart() {
      if (!existsSync(new URL('src/prover/gen/honnin_wasm.js', import.meta.url))) this.error('src/prover/gen is missing: `cargo xtask wasm` (part of `cargo xtask demo`) builds it')
    },
  }
}

export default defineConfig({
  base: '/app/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [needsProver(), shell()],
  worker: { format: 'es' },
  build: { target: 'es2022', sourcemap: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { environment: 'happy-dom', include: ['test/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0])
