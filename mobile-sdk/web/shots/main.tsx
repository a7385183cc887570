import '@honnin/kit/tokens.css'
import '@honnin/kit/base.css'
import '../src/ui/app.css'
import '../src/ui/request.css'
import '../src/ui/screens.css'
import '../src/ui/calls.css'
import { render } from 'preact'
import type { Actions } from '../src/app/model'
import { Root } from '../src/ui/Root'
import { modelOf, states } from './fixtures'

const query = new URLSearchParams(location.search)
const nothing = new Proxy({}, { get: () => () => undefined }) as Actions

/** Draws one fixed state: `?state=request&lang=ja`. Without a state, lists them. */
const name = query.get('state')
const root = document.getElementById('root') as HTMLElement
if (name) render(<Root model={modelOf(name, query.get('lang') === 'en' ? 'en' : 'ja')} act={nothing} />, root)
else root.textContent = JSON.stringify(Object.keys(states))
