/** What a figure was measured on. */
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** Processor, number of CPUs, memory, system and Node's version as one line. */
export function describeMachine() {
  const processor = cpus()[0]?.model.trim() || 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processor}, ${availableParallelism()} CPUs, ${memory} GiB, ${platform()} ${arch()}, Node ${process.versions.node}`;
}
