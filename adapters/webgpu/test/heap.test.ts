/** JavaScript's heap in Node, which can take stock of it; pages cannot. */
import { json } from 'node:stream/consumers';
import { getHeapSnapshot } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { adam, initialState, scn, trainingStep } from '@selfcure/core';
import { webgpu } from '@selfcure/webgpu';
import { numbers, whyNoWebGpu } from './open.ts';
import { tinyModel } from './tiny-model.ts';

const absent = await whyNoWebGpu();

/** What is read of a snapshot. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] };
  };
  readonly nodes: readonly number[];
}

/** Bytes that are alive. Without machine code and what the engine notes down about code: it compiles when it sees fit. */
async function liveBytes(): Promise<number> {
  const { snapshot, nodes } = (await json(getHeapSnapshot())) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('self_size')];
  let bytes = 0;
  for (let i = 0; i < nodes.length; i += fields.length) {
    const type = types[0][nodes[i + typeAt]!]!;
    if (type !== 'code' && type !== 'hidden') bytes += nodes[i + sizeAt]!;
  }
  return bytes;
}

describe.skipIf(absent)('the heap', () => {
  it('keeps no byte of 200 steps', async () => {
    const optimizer = adam();
    const graph = trainingStep({ model: tinyModel, method: scn(), batchSize: 8, optimizer });
    const inputs = Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, numbers(shape, i)]));
    const backend = await webgpu();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, initialState(graph.state, 1));
    const steps = 70;
    const kept: object[] = [];
    /** Bytes after some steps; careless ones keep an array of 16 numbers each. */
    const after = async ({ careless = false } = {}): Promise<number> => {
      for (let step = 0; step < steps; step++) {
        await program.run(state, inputs);
        if (careless) kept.push(Array.from({ length: 16 }, () => step));
      }
      return liveBytes();
    };
    // Code is compiled, and the first snapshots leave things behind.
    for (let round = 0; round < 2; round++) await after();
    const bytes = [await after(), await after(), await after(), await after()];
    const growth = [0, 1, 2].map((round) => bytes[round + 1]! - bytes[round]!).sort((a, b) => a - b);
    const pointers = 8 * steps;
    expect(growth[1], String(growth)).toBeLessThan(pointers);
    // The measurement sees what every step keeps.
    expect((await after({ careless: true })) - bytes[3]!).toBeGreaterThan(5 * pointers);
    await backend.close();
  }, 120_000);
});
