import type { Both } from '../core/wire'

/** How a company of the file fared. `here`: this phone is enrolled with it already; `waiting`: its enrolment can go on. */
export interface Restored {
  tenant: string
  name: Both | null
  outcome: 'waiting' | 'here' | 'failed'
  code: string | null
}

export interface BackupState {
  make:
    | { at: 'idle'; error: string | null }
    | { at: 'passkey' }
    /** The passkey is made and must be asked once more, by a tap of its own. */
    | { at: 'again'; error: string | null }
    | { at: 'ready'; name: string; text: string; handed: boolean }
  restore:
    | { at: 'choose'; error: string | null }
    | { at: 'chosen'; name: string; busy: boolean; error: string | null }
    | { at: 'opened'; companies: Restored[] }
}

export const idleBackup: BackupState = { make: { at: 'idle', error: null }, restore: { at: 'choose', error: null } }
