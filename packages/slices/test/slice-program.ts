/**
 * One process that trains one slice, or counts; killed.test.ts bundles it, starts it and kills it. Prints one JSON value a line.
 */
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import type { Callback } from '@selfcure/core';
import { redisStore, trainSlice } from '@selfcure/slices';
import type { SliceStore } from '@selfcure/slices';
import { fileSystemStore } from '@selfcure/slices/node';
import { wasm } from '@selfcure/wasm';
import { longTraining } from './training.ts';
import { throughStore } from './workers.ts';
import type { StoreCall } from './workers.ts';

/** What the process is told, as JSON in its argument. */
export interface ProgramTask {
  /** Path of the engine's binary, which a bundle does not hold. */
  readonly kernels: string;
  readonly place: { readonly folder: string } | { readonly redis: number };
  /** Adds up in the store by compare-and-set, this many times, and prints after each. */
  readonly count?: number;
  /** Of the whole run. */
  readonly epochs?: number;
  /** Milliseconds that every step waits for. */
  readonly pause?: number;
  /** The slice is over after `atMost`, and before it where `training` says for how long it trains once everything is open; milliseconds. */
  readonly training?: number;
  readonly atMost?: number;
  readonly lease?: number;
  /** Kills itself at a call of the store, counted over all or those of one operation, before or after it is carried out. */
  readonly dies?: { readonly at: number; readonly of?: StoreCall['operation']; readonly carriedOut: boolean };
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function count(store: SliceStore, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const value = await store.get('sum/head');
    const sum = value ? Number(Buffer.from(value).toString()) : 0;
    if (await store.compareAndSet('sum/head', value, new Uint8Array(Buffer.from(String(sum + 1))))) print(++done);
  }
}

async function main({
  kernels,
  place,
  count: times,
  epochs = 0,
  pause = 0,
  training,
  atMost = 0,
  lease,
  dies,
}: ProgramTask): Promise<void> {
  const client = 'redis' in place ? new Redis(place.redis, '127.0.0.1') : null;
  const store = client ? redisStore(client) : fileSystemStore((place as { folder: string }).folder);
  if (times !== undefined) await count(store, times);
  else {
    let calls = 0;
    const mortal = throughStore(store, async ({ operation }, carryOut) => {
      const last = (dies?.of ?? operation) === operation && ++calls === dies?.at;
      if (last && !dies!.carriedOut) process.kill(process.pid, 'SIGKILL');
      const result = await carryOut();
      if (last) process.kill(process.pid, 'SIGKILL');
      return result;
    });
    const signal = { aborted: false };
    const slow: Callback = {
      name: 'Slow',
      onTrainBegin: () => {
        print('training');
        if (training !== undefined) setTimeout(() => (signal.aborted = true), training);
      },
      onStepEnd: () => new Promise((resolve) => setTimeout(resolve, pause)),
    };
    const cursor = await trainSlice({
      store: mortal,
      runId: 'killed',
      until: Date.now() + atMost,
      signal,
      saveEvery: 250,
      ...(lease && { lease }),
      train: async () => {
        const module = await WebAssembly.compile(await readFile(kernels));
        return { ...longTraining(await wasm({ module }), epochs), callbacks: [slow] };
      },
    });
    print(cursor);
  }
  client?.disconnect();
}

await main(JSON.parse(process.argv[2]!) as ProgramTask);
