/** What scripts/test-runtimes.mjs puts in the place of these imports. */
declare module '*.safetensors' {
  const bytes: Uint8Array;
  export default bytes;
}

declare module '*/readme.mjs' {
  /** The program under "Use it" of the README, with its console as a parameter. */
  export function readme(console: { log(value: unknown): void }): Promise<void>;
}
