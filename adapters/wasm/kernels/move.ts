@unmanaged
export class CopyParameters {
  from: usize;
  to: usize;
  /** Bytes in all, and bytes of a task. */
  bytes: usize;
  share: usize;
}

/** Copies memory; tasks take `share` bytes each. */
export function copy(p: CopyParameters, task: i32, scratch: usize): void {
  const start = <usize>task * p.share;
  memory.copy(p.to + start, p.from + start, min(p.share, p.bytes - start));
}
