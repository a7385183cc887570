import { useState } from 'preact/hooks'
import type { Ctx } from './ctx'
import { Label } from './parts'
import { Scan } from './Scan'

/** Paste the enrolment link, or scan it where the browser can. */
export function OfferEntry({ ctx }: { ctx: Ctx }) {
  const { m, act, model } = ctx
  const [text, setText] = useState('')
  const [scanning, setScanning] = useState(false)
  return (
    <form
      class="offer-entry"
      data-testid="offer-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim()) act.openOffer(text)
      }}
    >
      <label for="offer">{m.welcome.paste}</label>
      <input
        id="offer"
        data-testid="offer-input"
        type="text"
        inputMode="url"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={text}
        aria-describedby="offer-hint"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p id="offer-hint" class="muted">
        {m.welcome.pasteHint}
      </p>
      <button type="submit" class="btn btn-primary wide" data-testid="offer-open">
        <Label ctx={ctx}>{m.welcome.open}</Label>
      </button>
      {model.canScan && !scanning && (
        <button type="button" class="btn wide" data-testid="scan" onClick={() => setScanning(true)}>
          <Label ctx={ctx}>{m.welcome.scan}</Label>
        </button>
      )}
      {scanning && (
        <Scan
          ctx={ctx}
          found={(value) => {
            setScanning(false)
            act.openOffer(value)
          }}
          stop={() => setScanning(false)}
        />
      )}
    </form>
  )
}
