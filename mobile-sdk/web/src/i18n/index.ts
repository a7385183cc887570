import type { Lang } from '@honnin/kit/i18n'
import { en } from './en'
import { ja } from './ja'
import type { Messages } from './messages'

export const dictionaries: Record<Lang, Messages> = { ja, en }
export { troubleFor, type Messages, type Trouble } from './messages'
