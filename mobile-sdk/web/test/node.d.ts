/** The little of Node that a test reads files with; the app itself must not see Node's types. */
declare module 'node:fs' {
  export function readFileSync(file: URL): Uint8Array<ArrayBuffer>
}
