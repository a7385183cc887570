export * from "./i18n.ts";
export * from "./icons.tsx";
export * from "./sse.ts";
export * from "./webauthn.ts";
