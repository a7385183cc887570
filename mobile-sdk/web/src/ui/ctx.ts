import type { Lang } from '@honnin/kit/i18n'
import type { Actions, Model } from '../app/model'
import type { Messages } from '../i18n/index'

/** What every view gets: the state it is drawn from, the words, and what it may ask for. */
export interface Ctx {
  model: Model
  m: Messages
  lang: Lang
  act: Actions
}
