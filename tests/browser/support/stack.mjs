// Issuer and server as real processes, started by the Rust harness and ended with our end of its input.

import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Meets every policy. */
export const ANNA = 'C-20481'
/** Enrols, then is never heard of again. */
export const BEN = 'C-20482'
/** Under age, first level, outside Kanto: meets only the enrolment policy. */
export const MINA = 'C-30001'

const customer = (handle, name, address, tail, birth, region, kyc_level, limit) => ({
  handle, name, address, phone: `090-0000-${tail}`, account: `0417-7730${tail}`, payment_token: `tok_Zq7${tail}xWv81`,
  birth, region, kyc_level, method: 1, limit,
})

export const CUSTOMERS = [
  customer(ANNA, '高橋 千尋', '東京都葛飾区若葉町三丁目九番十七号', '4817', 19830217, 13, 2, 734019400583),
  customer(BEN, '五十嵐 健太郎', '神奈川県横浜市翠ヶ丘区汐見台八十一番地', '9263', 19710905, 14, 3, 861204775019),
  customer(MINA, '久保田 美奈', '北海道札幌市白樺区雪見通二条西四丁目', '3158', 20100630, 1, 1, 20119),
]

const run = promisify(execFile)

/** Starts both services: { origin, issuer, invitation, constraints, offer(handle), invite(person), sql(statement), stop() }. */
export async function startStack() {
  const dir = await mkdtemp(join(tmpdir(), 'honnin-browser-'))
  const customers = join(dir, 'customers.json')
  await writeFile(customers, JSON.stringify(CUSTOMERS))
  const child = spawn(join(ROOT, 'target/debug/honnin-demo'), ['--machine', dir, '--customers', customers], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const first = new Promise((resolve) => createInterface(child.stdout).once('line', resolve))
  const line = await Promise.race([first, ended.then((code) => Promise.reject(new Error(`honnin-demo ended with ${code}`)))])
  const facts = JSON.parse(line)
  return {
    ...facts,
    /** An offer's link for the phone app. */
    async offer(handle) {
      const answer = await fetch(`${facts.issuer}/admin/offers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${facts.admin_token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ handle }),
      })
      if (!answer.ok) throw new Error(`offer: ${answer.status} ${await answer.text()}`)
      return (await answer.json()).phone_url
    },
    /** A one-time link that registers a person's passkey, as the server's own command makes it. */
    async invite(person) {
      const { stdout } = await run(join(ROOT, 'target/debug/honnin-server'), ['invite', '--person', person, '--config', join(dir, 'server.json')])
      return stdout.match(/\S+#invite=\S+/)[0]
    },
    /** Writes into the server's database past it: only to let time pass. */
    sql: (statement) => run('sqlite3', ['-cmd', '.timeout 5000', join(dir, 'server.db'), statement]),
    async stop() {
      child.stdin.end()
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}
