import { wasm, WasmError } from '@selfcure/wasm';
import { expect, it, vi } from 'vitest';

// A file of its own: tfjs remembers a failed start for the life of the process.
it('says where the binary must be when it is not found', async () => {
  for (const method of ['log', 'warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(() => {});
  await expect(wasm({ wasmPath: '/no/such/folder/' })).rejects.toThrow(WasmError);
  await expect(wasm({ wasmPath: '/no/such/folder/' })).rejects.toThrow(/new process or page/);
});
