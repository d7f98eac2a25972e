import type * as Files from 'node:fs/promises';
import type * as Modules from 'node:module';
import type * as System from 'node:os';
import type * as Paths from 'node:path';
import type * as Engine from 'node:v8';
import type * as Threads from 'node:worker_threads';

/** Modules of Node that this package uses where it runs on Node. */
interface Builtins {
  readonly 'node:fs/promises': typeof Files;
  readonly 'node:module': typeof Modules;
  readonly 'node:os': typeof System;
  readonly 'node:path': typeof Paths;
  readonly 'node:v8': typeof Engine;
  readonly 'node:worker_threads': typeof Threads;
}

/**
 * A module of Node; undefined elsewhere. Asked for at run time: bundlers for browsers stop at an import of `node:`, even at one
 * that browsers never reach.
 */
export function nodeBuiltin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  const { process } = globalThis as {
    process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
  };
  if (!process?.versions?.node) return undefined;
  return process.getBuiltinModule?.(name) as Builtins[Name] | undefined;
}
