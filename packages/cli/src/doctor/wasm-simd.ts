/** (module (func (drop (v128.const i64x2 0 0)))) */
const simdModule = /* @__PURE__ */ Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x17, 0x01, 0x15, 0x00, 0xfd, 0x0c, ...new Uint8Array(16), 0x1a, 0x0b],
]);

/** Whether this runtime's WebAssembly has SIMD instructions. */
export function hasWasmSimd(): boolean {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: { validate(bytes: Uint8Array): boolean } };
  return WebAssembly?.validate(simdModule) ?? false;
}
