import type { Ctx } from './ctx'

/** Two digits: typed, pasted, or picked from the keys below; the boxes only show what the one input holds. */
export function NumberEntry({ ctx, digits, disabled, attemptsLeft }: { ctx: Ctx; digits: string; disabled: boolean; attemptsLeft: number | null }) {
  const { m, act } = ctx
  const next = Math.min(digits.length, 1)
  return (
    <section class="number" aria-labelledby="number-label">
      <div class="number-row">
        <div>
          <label id="number-label" for="match-code">
            {m.request.number}
          </label>
          {attemptsLeft === null || digits !== '' ? (
            <p id="number-hint" class="muted">
              {m.request.numberHint}
            </p>
          ) : (
            <p id="number-hint" class="wrong" data-testid="wrong-number" data-left={attemptsLeft}>
              {m.request.attemptsLeft(attemptsLeft)}
            </p>
          )}
        </div>
        <div class="digits">
          <input
            id="match-code"
            data-testid="match-code"
            type="text"
            inputMode="numeric"
            pattern="[0-9]*"
            autocomplete="off"
            maxLength={12}
            value={digits}
            disabled={disabled}
            aria-describedby="number-hint"
            aria-invalid={attemptsLeft !== null && digits === ''}
            onInput={(event) => {
              const value = event.currentTarget.value.normalize('NFKC').replace(/\D/g, '').slice(0, 2)
              event.currentTarget.value = value
              act.setDigits(value)
            }}
          />
          {[0, 1].map((i) => (
            <span key={i} class={`digit tabular${i === next ? ' digit-next' : ''}`} aria-hidden="true">
              {digits[i] ?? ''}
            </span>
          ))}
        </div>
      </div>
      <div class="keys" role="group" aria-labelledby="number-label">
        {['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].map((key) => (
          <button key={key} type="button" class="key tabular" data-testid={`key-${key}`} disabled={disabled || digits.length >= 2} onClick={() => act.setDigits(digits + key)}>
            {key}
          </button>
        ))}
        <button type="button" class="key key-clear" data-testid="key-clear" disabled={disabled || digits === ''} aria-label={m.request.clear} onClick={() => act.setDigits(digits.slice(0, -1))}>
          ⌫
        </button>
      </div>
    </section>
  )
}
