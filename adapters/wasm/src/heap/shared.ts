/** Whether threads can share a memory. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  // By its tag: pages without isolation have such buffers, and no name for their constructor.
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
}
