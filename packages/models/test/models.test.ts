import { OptionError } from '@selfcure/core';
import { faceCnn, modelByName, modelNames, resnet18 } from '@selfcure/models';
import type { NamedModelOptions } from '@selfcure/models';
import { describe, expect, it } from 'vitest';
import { convolutionFlops, firstValues, parameterCount, run, traced } from './traced.ts';

describe('faceCnn', () => {
  it('has the parameters, operations and features that its documentation states', () => {
    const model = faceCnn();
    const graph = traced(model, 1);
    expect(model).toMatchObject({ name: 'face-cnn', inputShape: [48, 48, 1], classes: 7 });
    expect(graph.outputs['features']?.shape).toEqual([1, 128]);
    expect(parameterCount(graph)).toBe(242_023 - (128 * 7 + 7));
    expect(convolutionFlops(graph)).toBe(
      2 * (24 * 24 * 32 * 25 + 12 * 12 * 64 * 9 * 32 + 6 * 6 * 128 * 9 * (64 + 128)),
    );
    expect(convolutionFlops(graph)).toBe(22_155_264);
    expect(graph.flops).toBeGreaterThan(22_155_264);
  });

  it('names its states by layer', () => {
    const layer = (name: string): string[] =>
      ['filter', 'bn/scale', 'bn/offset', 'bn/mean', 'bn/variance'].map((part) => `${name}/${part}`);
    for (const training of [true, false]) {
      const specs = traced(faceCnn({ width: 0.125 }), 2, training).state;
      expect(specs.map((spec) => spec.name)).toEqual(['conv1', 'conv2', 'conv3', 'conv4'].flatMap(layer));
      const statistics = specs.filter((spec) => spec.kind === 'statistic').map((spec) => spec.name);
      expect(statistics.every((name) => /bn\/(mean|variance)$/.test(name))).toBe(true);
      expect(statistics).toHaveLength(8);
    }
  });

  it('scales with width, size and channels', () => {
    const shapes = (graph: ReturnType<typeof traced>): number[][] =>
      graph.state.filter((spec) => spec.name.endsWith('filter')).map((spec) => [...spec.shape]);
    expect(shapes(traced(faceCnn({ width: 0.01, channels: 3 }), 1))).toEqual([
      [5, 5, 3, 4],
      [3, 3, 4, 4],
      [3, 3, 4, 4],
      [3, 3, 4, 4],
    ]);
    expect(shapes(traced(faceCnn({ width: 0.3 }), 1)).map((shape) => shape[3])).toEqual([8, 20, 40, 40]);
    for (const size of [7, 8, 9, 33, 64]) {
      expect(traced(faceCnn({ size, width: 0.1 }), 3).outputs['features']?.shape).toEqual([3, 12]);
    }
  });
});

describe('resnet18', () => {
  const size = 32;
  it.each([
    ['7x7-s2-pool', 11_176_512, [16, 8, 8, 4, 2, 1]],
    ['7x7-s2', 11_176_512, [16, 16, 16, 8, 4, 2]],
    ['3x3', 11_176_512 - 64 * 3 * (49 - 9), [32, 32, 32, 16, 8, 4]],
  ] as const)('%s', (stem, parameters, sizes) => {
    const graph = traced(resnet18({ stem, size }), 2);
    expect(parameterCount(graph)).toBe(parameters);
    expect(graph.outputs['features']?.shape).toEqual([2, 512]);
    const outputs = (layer: string, op: string): number | undefined =>
      graph.nodes.filter((node) => node.op === op && node.layer.startsWith(layer)).at(-1)?.shape[1];
    const stages = ['layer1', 'layer2', 'layer3', 'layer4'].map((layer) => outputs(`${layer}/1/conv2`, 'conv2d'));
    const pooled = graph.nodes.find((node) => node.op === 'maxPool')?.shape[1] ?? sizes[0];
    expect([outputs('conv1', 'conv2d'), pooled, ...stages]).toEqual(sizes);
  });

  it('has the operations that its documentation states', () => {
    const at224 = traced(resnet18(), 1);
    expect(convolutionFlops(at224)).toBe(2 * 1_813_561_344);
    expect(convolutionFlops(traced(resnet18({ stem: '7x7-s2', size: 100 }), 1))).toBe(2 * 1_485_300_480);
    expect(at224.nodes.filter((node) => node.op === 'conv2d')).toHaveLength(20);
  });

  it('names its layers as torchvision does', () => {
    const filters = traced(resnet18({ size, width: 0.1 }), 1)
      .state.map((spec) => spec.name)
      .filter((name) => name.endsWith('/filter'));
    const block = (stage: number, index: number, projection: boolean): string[] =>
      ['conv1', 'conv2', ...(projection ? ['projection'] : [])].map(
        (layer) => `layer${stage}/${index}/${layer}/filter`,
      );
    const blocks = [1, 2, 3, 4].flatMap((stage) => [...block(stage, 0, stage > 1), ...block(stage, 1, false)]);
    expect(filters.sort()).toEqual(['conv1/filter', ...blocks].sort());
  });
});

describe.each([
  ['faceCnn', faceCnn({ size: 12, width: 0.1 })],
  ['resnet18', resnet18({ size: 16, channels: 1, width: 0.05, stem: '3x3' })],
])('%s in training and evaluation', (_, model) => {
  const batch = 6;
  const [height, width, channels] = model.inputShape;
  const images = Float64Array.from(
    { length: batch * height * width * channels },
    (_, i) => ((i * 7919) % 257) / 64 - 2,
  );
  const training = traced(model, batch, true);
  const evaluation = traced(model, batch, false);

  it('evaluation with the statistics of the batch repeats the training pass', async () => {
    const { outputs: trained, state: after } = await run(training, firstValues(training.state), { images });
    // One step moved the running statistics by 0.1 from 0 and 1 towards those of the batch, the variance being unbiased.
    const ofBatch = Object.entries(after).map(([name, values]): [string, Float64Array] => {
      const norm = training.nodes.find((node) => node.op === 'bnStats' && `${node.layer}/variance` === name);
      const n = norm ? norm.inputs[0]!.shape.slice(0, -1).reduce((a, b) => a * b, 1) : 1;
      if (name.endsWith('/mean')) return [name, Float64Array.from(values, (value) => value / 0.1)];
      if (!norm) return [name, Float64Array.from(values)];
      return [name, Float64Array.from(values, (value) => (((value - 0.9) / 0.1) * (n - 1)) / n)];
    });
    const { outputs: evaluated } = await run(evaluation, Object.fromEntries(ofBatch), { images });
    const want = trained['features']!;
    expect(Math.max(...want)).toBeGreaterThan(0.1);
    evaluated['features']!.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 9));
  });

  it('evaluation treats every sample on its own, training does not', async () => {
    const state = firstValues(training.state);
    const one = images.slice(0, images.length / batch);
    const changed = images.map((value, i) => (i < one.length ? value : -value));
    const features = async (graph: typeof training, pixels: Float64Array): Promise<Float64Array> => {
      const { outputs } = await run(graph, state, { images: pixels });
      return Float64Array.from(outputs['features']!.slice(0, outputs['features']!.length / batch));
    };
    expect(await features(evaluation, changed)).toEqual(await features(evaluation, images));
    expect(await features(training, changed)).not.toEqual(await features(training, images));
  });
});

describe('modelByName', () => {
  it('makes every model that it lists, and a model again from its name and options', () => {
    expect(modelNames).toEqual(['face-cnn', 'resnet18', 'resnet18-s2']);
    for (const name of modelNames) {
      const model = modelByName(name, { classes: 5, size: 64, width: 0.5 });
      expect(model).toMatchObject({ classes: 5, options: { classes: 5, size: 64, width: 0.5 } });
      const again = modelByName(model.name, model.options as NamedModelOptions);
      expect([again.name, again.options]).toEqual([model.name, model.options]);
    }
    expect(modelByName('resnet18-s2').options).toEqual(resnet18({ stem: '7x7-s2' }).options);
  });

  it('lists what it knows where a name or option is unknown', () => {
    expect(() => modelByName('vgg')).toThrow(
      /'vgg'. Known: dlib-face, face-cnn, features, ir50, resnet18, resnet18-s2/,
    );
    expect(() => modelByName('toString')).toThrow(OptionError);
    expect(() => modelByName('face-cnn', { stem: '3x3' })).toThrow(/no option 'stem'. It takes classes, size/);
    expect(() => modelByName('resnet18-s2', { stem: '3x3' })).toThrow(OptionError);
  });

  it('refuses values out of range by name', () => {
    expect(() => faceCnn({ size: 6 })).toThrow(/size is 6.*from 7/);
    expect(() => faceCnn({ classes: 1 })).toThrow(/classes is 1/);
    expect(() => faceCnn({ channels: 1.5 })).toThrow(OptionError);
    expect(() => resnet18({ width: 0 })).toThrow(/width is 0/);
    expect(() => resnet18({ stem: '5x5' as '3x3' })).toThrow(/"5x5". Pass one of 7x7-s2-pool, 7x7-s2, 3x3/);
  });
});
