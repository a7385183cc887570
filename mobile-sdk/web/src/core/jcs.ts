/** RFC 8785 of JSON that holds strings, safe integers, booleans and null: nothing else stands in a statement. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value === 'object' && value !== null) {
    // Members by UTF-16 code units, which is how JavaScript compares strings.
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join()}}`
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError('not a safe integer')
  return JSON.stringify(value)
}
