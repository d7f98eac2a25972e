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

/** Copies floats, few at a time: `memory.copy` is a call out of the engine's compiled code. */
export function copyFloats(to: usize, from: usize, count: i32): void {
  let i: usize = 0;
  const bytes = <usize>count << 2;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
}
