import { readFileSync } from 'node:fs';
import { encodeSafetensors } from '@selfcure/core';
import type { Model, SafetensorsArray } from '@selfcure/core';
import {
  PretrainedError,
  importSafetensors,
  ir50,
  ir50Names,
  resnet18,
  torchvisionResnet18Names,
} from '@selfcure/models';
import type { NameMap } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';
import { describe, expect, it } from 'vitest';
import { traced } from './traced.ts';

interface Net {
  readonly size: number;
  readonly weights: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly features: Readonly<Record<string, readonly number[]>>;
}
/** What PyTorch computed: see torch/generate.py. */
const nets = JSON.parse(readFileSync(new URL('./torch/nets.json', import.meta.url), 'utf8')) as Record<string, Net>;

/** As `numbers` in torch/generate.py, written as loops: IR-50 has 44 million of them. */
function numbers(name: string, count: number, scale = 1, offset = 0): Float32Array {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let state = (seed + Math.imul(i, 2654435761)) | 0;
    state ^= state >>> 15;
    state = Math.imul(state, 2246822519);
    state ^= state >>> 13;
    values[i] = offset + ((state >>> 0) / 2 ** 32 - 0.5) * scale;
  }
  return values;
}

function weight(name: string, shape: readonly number[]): SafetensorsArray {
  if (name.endsWith('num_batches_tracked')) return { data: BigInt64Array.of(7n), shape: [] };
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.length >= 2) return { data: numbers(name, count, Math.sqrt(12 / (count / shape[0]!))), shape };
  const positive = name.endsWith('running_var') || name.endsWith('weight');
  return { data: positive ? numbers(name, count, 1, 1) : numbers(name, count, 0.2), shape };
}

const arraysOf = (net: string): Record<string, SafetensorsArray> =>
  Object.fromEntries(nets[net]!.weights.map(([name, shape]) => [name, weight(name, shape)]));

async function expectFeatures(model: Model, bytes: Uint8Array, names: NameMap, want: readonly number[]): Promise<void> {
  const weights = importSafetensors(bytes, { model, names });
  const backend = await wasm();
  const graph = traced(model, 1);
  const state = await backend.createState(graph.state, weights);
  const program = await backend.compile(graph);
  const images = numbers('image', model.inputShape[0] ** 2 * 3);
  const { features } = await program.run(state, { images });
  await backend.close();
  const greatest = Math.max(...want.map(Math.abs));
  want.forEach((value, i) => expect(Math.abs(features![i]! - value) / greatest, `feature ${i}`).toBeLessThan(1e-4));
}

describe('importSafetensors', () => {
  it("gives ResNet-18 what PyTorch computes with torchvision's names", async () => {
    const bytes = encodeSafetensors(arraysOf('resnet18'));
    await expectFeatures(resnet18(), bytes, torchvisionResnet18Names, nets['resnet18']!.features['body']!);
  });

  it('gives IR-50 what PyTorch computes up to its embedding', async () => {
    const bytes = encodeSafetensors(arraysOf('ir50'));
    await expectFeatures(
      ir50({ until: 'embedding' }),
      bytes,
      ir50Names('embedding'),
      nets['ir50']!.features['embedding']!,
    );
    expect(
      nets['ir50']!.weights.filter(([name]) => ir50Names('body')(name) === null).every(([name]) =>
        /^output|tracked$/.test(name),
      ),
    ).toBe(true);
  });

  it('has IR-50 end at its body too', () => {
    const states = traced(ir50(), 1).state.map(({ name }) => name);
    const named = nets['ir50']!.weights.flatMap(([name]) => ir50Names('body')(name)?.name ?? []);
    expect(new Set(named)).toEqual(new Set(states));
    expect(traced(ir50({ size: 48, channels: 1 }), 2).outputs['features']!.shape).toEqual([2, 512]);
    expect(() => ir50({ size: 113 })).toThrow(/larger than 112/);
  });

  it('lists what the file lacks and what the map does not know', () => {
    const arrays = Object.fromEntries(
      nets['resnet18']!.weights.map(([name, shape]) => [
        name,
        { data: new Uint8Array(shape.reduce((a, b) => a * b, 1)), shape },
      ]),
    );
    delete arrays['layer2.0.downsample.0.weight'];
    arrays['layer5.0.conv1.weight'] = { data: new Uint8Array(1), shape: [1, 1, 1, 1] };
    const bytes = encodeSafetensors(arrays);
    const attempt = (): unknown => importSafetensors(bytes, { model: resnet18(), names: torchvisionResnet18Names });
    expect(attempt).toThrow(PretrainedError);
    expect(attempt).toThrow(
      'Not in the file: layer2/0/projection/filter. Not in the model: layer5.0.conv1.weight. Map the names',
    );
  });

  it.each(['conv3.weight', 'conv1.bias', 'bn1.other', 'layer1.2.conv1.weight', 'layer1.0.downsample.2.weight'])(
    "does not know '%s' of ResNet-18",
    (name) => expect(torchvisionResnet18Names(name)).toBeUndefined(),
  );

  it.each(['input_layer.3.weight', 'body.0.res_layer.5.weight', 'body.0.res_layer.1.bias', 'output_layer.1.weight'])(
    "does not know '%s' of IR-50",
    (name) => expect(ir50Names('embedding')(name)).toBeUndefined(),
  );

  it('refuses other shapes, whole numbers and a state that is named twice', () => {
    const model: Model = {
      name: 'one',
      options: {},
      inputShape: [1, 1, 2],
      classes: 2,
      apply: (ops, x) =>
        ops.matmul(ops.reshape(x, [x.shape[0]!, 2]), ops.parameter('w', [2, 3], { kind: 'constant', value: 0 })),
    };
    const linear: NameMap = (name) => (name.startsWith('w') ? { name: 'w', layout: 'linear' } : undefined);
    const read = (arrays: Record<string, SafetensorsArray>): unknown =>
      importSafetensors(encodeSafetensors(arrays), { model, names: linear });
    const six = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(read({ w: { data: six, shape: [3, 2] } })).toEqual({ w: Float32Array.of(1, 3, 5, 2, 4, 6) });
    expect(() => read({ w: { data: six, shape: [2, 3] } })).toThrow(/\[3, 2\], model 'one' needs \[2, 3\]/);
    expect(() => read({ w: { data: six, shape: [6] } })).toThrow(/not 2 axes/);
    expect(() => read({ w: { data: new BigInt64Array(6), shape: [3, 2] } })).toThrow(/whole numbers of type I64/);
    const one = { data: six, shape: [3, 2] };
    expect(() => read({ w: one, w2: one })).toThrow(/a second 'w'/);
    const names: NameMap = () => ({ name: 'w', layout: [2, 2, 2] });
    expect(() => importSafetensors(encodeSafetensors({ w: one }), { model, names })).toThrow(/not those of 2 x 2 x 2/);
  });
});
