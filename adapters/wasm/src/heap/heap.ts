/** Linear memory that kernels compute in. Addresses are bytes from its start. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /**
   * Address of `bytes` free bytes, a multiple of 64. Growth detaches views of memory that is not shared.
   *
   * @throws WasmError where the memory ends; nothing has changed then.
   */
  allocate(bytes: number): number;
  free(address: number): void;
  /** Bytes that may still be allocated. */
  available(): number;
  close(): void;
}

/** What 32-bit addresses reach. */
export const maxBytes: number = 2 ** 32;

/** The next multiple of 64. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;
