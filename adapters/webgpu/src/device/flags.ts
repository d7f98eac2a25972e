/**
 * Flags of WebGPU by their values in the specification: globals such as `GPUBufferUsage` exist in browsers only.
 */
export const usage = { mapRead: 0x01, copySource: 0x04, copyTarget: 0x08, storage: 0x80, queryResolve: 0x200 } as const;
export const mapForReading = 0x01;
export const computeStage = 0x04;
