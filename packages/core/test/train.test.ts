import { describe, expect, it } from 'vitest';
import {
  adam,
  averagedRelabel,
  ce,
  cure,
  decodeTrainState,
  defineRelabel,
  earlyStopping,
  encodeTrainState,
  evaluate,
  jsonLinesLogger,
  modelCheckpoint,
  OptionError,
  predict,
  scn,
  sgd,
  terminateOnNaN,
  train,
  withRelabel,
} from '@selfcure/core';
import type { Method, TrainError, TrainOptions } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import { stripes } from './stripes.ts';

const model = faceCnn({ classes: 4, size: 12, width: 0.125 });
const settings = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  backend: reference(),
  model,
  recipe: ce(),
  data: stripes(),
  epochs: 3,
  batchSize: 16,
  optimizer: adam({ learningRate: 3e-3 }),
  ...more,
});
/** A strategy that moves every label of the first class to the second, once. */
const move = defineRelabel({
  name: 'move',
  start: 1,
  defaults: {},
  propose: ({ samples, current }) =>
    [...samples].flatMap((sample, i) => (current[i] === 0 ? [{ sample, to: 1, score: 1, reason: 'moved' }] : [])),
});

describe('train', () => {
  it('learns, and repeats itself bit for bit', async () => {
    const options = settings({ data: stripes({ noise: 0, samples: 160 }), epochs: 8 });
    const run = await train(options);
    expect(run.end).toBe('finished');
    expect(run.history.epochs).toHaveLength(8);
    expect(run.history.last()!.loss).toBeLessThan(0.5 * run.history.epochs[0]!.loss);
    const test = { ...stripes({ noise: 0, seed: 5 }), name: 'test' };
    const scores = await evaluate({ backend: reference(), model: run.model, data: test });
    expect(scores.accuracy).toBeGreaterThan(0.8);
    expect(scores.confusion.reduce((sum, count) => sum + count)).toBe(96);
    const again = await train(options);
    expect(again.state.weights).toEqual(run.state.weights);
    const other = await train({ ...options, seed: 1 });
    expect(other.state.weights).not.toEqual(run.state.weights);
  });

  it.each(['scn', 'cure'] as const)('%s: ten steps equal four, a saved state, and six more', async (name) => {
    const recipe =
      name === 'scn'
        ? scn({ relabelEpoch: 1, margin2: 0.01, preset: 'official-code' })
        : cure({ start: 1, drop: 0.01, edit: 0.05 });
    const options = settings({ recipe, epochs: 2, weightAverage: 0.9, validation: stripes({ noise: 0, seed: 9 }) });
    const whole = await train(options);
    expect(whole.ledger.changes().length).toBeGreaterThan(0);
    let asked = 0;
    const first = await train({ ...options, until: () => ++asked === 4 });
    expect(first).toMatchObject({ end: 'paused', state: { epoch: 1, step: 4 } });
    const second = await train({ ...options, resume: decodeTrainState(encodeTrainState(first.state)) });
    const timeless = (run: typeof whole): object => ({
      ...run.state,
      history: run.history.epochs.map((log) => ({ ...log, seconds: 0 })),
    });
    expect(timeless(second)).toEqual(timeless(whole));
  });

  it('refuses to go on with other options', async () => {
    const paused = await train({ ...settings(), signal: { aborted: true } });
    await expect(train({ ...settings({ seed: 1 }), resume: paused.state })).rejects.toThrow(/belongs to another run/);
    await expect(train({ ...settings({ recipe: scn() }), resume: paused.state })).rejects.toThrow(
      /belongs to another run/,
    );
  });

  it('changes labels for the next epoch only, and never the data', async () => {
    const data = stripes({ noise: 0 });
    const given = data.labels.slice();
    const seen: Int32Array[] = [];
    const spy = withRelabel(ce(), {
      name: 'spy',
      when: 'step',
      propose: ({ samples, current }) => {
        seen.push(current.slice());
        return [...samples].map((sample, i) => ({ sample, to: (current[i]! + 1) % 4, score: 1, reason: 'next' }));
      },
    });
    const run = await train(settings({ recipe: spy, data, epochs: 2 }));
    expect(data.labels).toEqual(given);
    const firstEpoch = seen.slice(0, 6).flatMap((labels) => [...labels]);
    expect([...firstEpoch].sort()).toEqual([...given].sort());
    // Every label moved once an epoch; 4 - 2 = 2 more moves would bring it back.
    expect([...run.ledger.current]).toEqual([...given].map((label) => (label + 2) % 4));
    expect(run.ledger.changes()).toHaveLength(2 * data.size);
  });

  it('refuses edits of verified labels, trains on them and warns', async () => {
    const data = stripes({ noise: 0 });
    const verified = data.labels.map((label, i) => (i < 40 ? (label === 2 ? 0 : label) : -1));
    const run = await train(settings({ recipe: withRelabel(ce(), move()), data: { ...data, verified }, epochs: 1 }));
    for (let i = 0; i < 40; i++) expect(run.ledger.current[i]).toBe(verified[i]);
    expect([...run.ledger.current.slice(40)]).not.toContain(0);
    expect(run.history.last()!['refused']).toBe([...verified].filter((label) => label === 0).length);
    expect(run.warnings.map(({ code }) => code)).toContain('refused-edits');
  });

  it('says when relabelling raises the noise', async () => {
    const run = await train(settings({ recipe: withRelabel(ce(), move()), data: stripes({ noise: 0 }), epochs: 2 }));
    expect(run.warnings.filter(({ code }) => code === 'relabel-feedback')).toHaveLength(1);
    expect(run.warnings[0]!.message).toMatch(/from 0.0 % to \d/);
  });

  it('calls back in order, stops when asked, and keeps the best weights', async () => {
    const events: string[] = [];
    const lines: string[] = [];
    const saved = new Map<string, Uint8Array>();
    const run = await train(
      settings({
        epochs: 9,
        validation: stripes({ noise: 0, seed: 5 }),
        keepBest: 'validation/accuracy',
        callbacks: [
          {
            name: 'spy',
            onTrainBegin: () => void events.push('begin'),
            onEpochBegin: ({ epoch }) => void events.push(`epoch ${epoch}`),
            onStepEnd: ({ step }) => void (step === 6 && events.push('last step')),
            onEpochEnd: ({ epoch }) => (epoch === 2 ? 'stop' : undefined),
            onTrainEnd: ({ done }) => void events.push(`end ${done}`),
          },
          jsonLinesLogger((line) => void lines.push(line)),
          modelCheckpoint({ store: { set: (key, bytes) => void saved.set(key, bytes) }, key: 'epoch-{epoch}' }),
        ],
      }),
    );
    expect(events).toEqual(['begin', 'epoch 1', 'last step', 'epoch 2', 'last step', 'end false']);
    expect(run.end).toBe('stopped');
    expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([1, 2]);
    expect([...saved.keys()]).toEqual(['epoch-1', 'epoch-2']);
    const accuracies = run.history.series('validation/accuracy');
    expect(run.best).toMatchObject({
      epoch: 1 + accuracies.indexOf(Math.max(...accuracies)),
      value: Math.max(...accuracies),
    });
    const first = decodeTrainState(saved.get('epoch-1')!);
    expect(first).toMatchObject({ epoch: 2, step: 0 });
  });

  it('early stopping counts from the best epoch, on resumed runs too', async () => {
    const stuck = settings({
      epochs: 12,
      optimizer: sgd({ learningRate: 0 }),
      validation: stripes({ seed: 5 }),
      callbacks: [earlyStopping({ patience: 3 })],
    });
    const whole = await train({ ...stuck, weightAverage: 0.5 });
    expect(whole).toMatchObject({ end: 'stopped' });
    const { length } = whole.history.epochs;
    let asked = 0;
    const paused = await train({ ...stuck, weightAverage: 0.5, until: () => ++asked === 8 });
    const resumed = await train({ ...stuck, weightAverage: 0.5, resume: paused.state });
    expect(resumed.history.epochs).toHaveLength(length);
    await expect(train(settings({ callbacks: [earlyStopping()] }))).rejects.toThrow(/no 'validation\/accuracy'/);
  });

  it('a loss that is no number fails by name, or ends the run at its last epoch', async () => {
    const wild = settings({ optimizer: sgd({ learningRate: 1e308 }), epochs: 5 });
    await expect(train(wild)).rejects.toThrow(/epoch 1, step \d: loss.* of sample\(s\) \d+.* no label was changed/);
    const run = await train({ ...wild, callbacks: [terminateOnNaN()] });
    expect(run).toMatchObject({ end: 'non-finite', state: { epoch: 1, step: 0 } });
    await expect(train(wild)).rejects.toMatchObject({ name: 'NonFiniteError', state: { epoch: 1, step: 0 } });
    // The last step of an epoch may break the weights without a trace in its outputs.
    const late = settings({ optimizer: sgd({ learningRate: ({ step }) => (step === 5 ? 1e308 : 0.01) }), epochs: 3 });
    const saved: number[] = [];
    const kept = await train({
      ...late,
      callbacks: [terminateOnNaN(), { name: 'spy', onEpochEnd: ({ epoch }) => void saved.push(epoch) }],
    });
    expect(saved).toEqual([]);
    for (const values of Object.values(kept.model.weights)) expect([...values].every(Number.isFinite)).toBe(true);
    for (const values of Object.values(run.model.weights)) expect([...values].every(Number.isFinite)).toBe(true);
  });

  it('an error on the way carries the last finished epoch', async () => {
    const data = stripes();
    let reads = 0;
    const failing = {
      ...data,
      read: (ids: ArrayLike<number>) => (++reads > 14 ? Promise.reject(new Error('disk gone')) : data.read(ids)),
    };
    const normalization = { mean: 128, standardDeviation: 64 };
    const error: TrainError = await train(settings({ data: failing, normalization })).then(
      () => {
        throw new Error('no error');
      },
      (reason: TrainError) => reason,
    );
    expect(error).toMatchObject({ name: 'TrainError', message: 'disk gone', state: { epoch: 3, step: 0 } });
    const whole = await train(settings({ normalization }));
    const resumed = await train(settings({ normalization, resume: error.state }));
    expect(resumed.state.weights).toEqual(whole.state.weights);
  });

  it('goes on with labels verified in between, and keeps its warnings', async () => {
    const options = settings({ recipe: withRelabel(ce(), move()), data: stripes({ noise: 0 }), epochs: 3 });
    let steps = 0;
    const paused = await train({ ...options, until: () => ++steps === 8 });
    expect(paused.warnings).not.toHaveLength(0);
    paused.ledger.verify(3, 2);
    const run = await train({ ...options, resume: { ...paused.state, ledger: paused.ledger.data() } });
    expect([run.ledger.current[3], run.ledger.verified[3]]).toEqual([2, 1]);
    expect(run.warnings.slice(0, paused.warnings.length)).toEqual(paused.warnings);
  });

  it('any strategy runs with any method that has what it needs', async () => {
    const run = await train(
      settings({ recipe: scn({ relabel: averagedRelabel({ start: 1, drop: 0.01, edit: 0.05 }) }), epochs: 2 }),
    );
    expect(run.ledger.changes().length).toBeGreaterThan(0);
    const alpha = await train(settings({ recipe: scn({ rank: false, relabelEpoch: 1, margin2: 0.01 }), epochs: 2 }));
    expect(alpha.ledger.changes().length).toBeGreaterThan(0);
    expect(Object.keys(alpha.history.last()!)).not.toContain('term/rank');
  });

  it('trains what a loss declares, and predicts without it', async () => {
    const method: Method = {
      name: 'temperature',
      options: {},
      needs: {},
      loss: (ops, [net], { targets }) => {
        const scale = ops.parameter('temperature', [1], { kind: 'constant', value: 1 });
        return { perSample: [ops.softmaxCrossEntropy(ops.mul(net!.logits, scale), targets)], terms: {} };
      },
    };
    const run = await train(settings({ recipe: method, epochs: 1 }));
    expect(run.state.weights['temperature']![0]).not.toBe(1);
    expect((await predict({ backend: reference(), model: run.model, data: stripes() })).labels).toHaveLength(96);
  });

  it('frees what it opened when it cannot begin', async () => {
    const backend = reference();
    await expect(
      train(settings({ backend, data: { ...stripes(), labels: new Int32Array(96).fill(9) } })),
    ).rejects.toThrow(/label 9/);
    expect(backend.memory().values).toBe(0);
  });

  it('refuses options that do not fit, naming culprit and remedy', async () => {
    const refused = (more: Partial<TrainOptions>, message: RegExp): Promise<void> =>
      expect(train(settings(more))).rejects.toThrow(
        expect.objectContaining({ name: 'OptionError', message: expect.stringMatching(message) }),
      );
    await refused({ batchSize: 97 }, /96 samples, fewer than a batch of 97. Set batchSize to at most 96/);
    await refused(
      { model: faceCnn({ classes: 7, size: 12, width: 0.125 }) },
      /4 classes .* Make the model with classes: 4/,
    );
    await refused({ model: faceCnn({ classes: 4, size: 24, width: 0.125 }) }, /12x12x1.*24x24x1/);
    await refused({ epochs: 0 }, /epochs 0/);
    await refused({ seed: -1 }, /seed -1/);
    await refused({ keepBest: 'validation/accuracy' }, /needs the option validation/);
    await expect(train(settings({ keepBest: 'nope' }))).rejects.toThrow(/keepBest: the log has no 'nope'/);
    await refused(
      { initialWeights: { 'conv1/filtr': new Float32Array(1) } },
      /no 'conv1\/filtr'. It has conv1\/filter/,
    );
    await refused({ data: { ...stripes(), labels: new Int32Array(3) } }, /96 samples and 3 labels/);
    expect(() => scn({ weighting: false, rank: false })).toThrow(/needs importance weights/);
    expect(() => scn({ preset: 'papr' as 'paper' })).toThrow(OptionError);
    expect(() => withRelabel(ce(), { name: 'x', when: 'step', needsImportance: true, propose: () => [] })).toThrow(
      /needs importance/,
    );
  });

  it('averages weights, clips gradients and freezes layers', async () => {
    const frozen = await train(settings({ frozen: (name) => name.startsWith('conv1'), epochs: 1 }));
    const free = await train(settings({ epochs: 1 }));
    const start = await train({ ...settings(), signal: { aborted: true } });
    expect(frozen.model.weights['conv1/filter']).toEqual(start.model.weights['conv1/filter']);
    expect(free.model.weights['conv1/filter']).not.toEqual(start.model.weights['conv1/filter']);
    expect(frozen.model.weights['conv2/filter']).not.toEqual(start.model.weights['conv2/filter']);

    const averaged = await train(
      settings({ weightAverage: 0.8, epochs: 1, optimizer: sgd({ learningRate: 0.05, momentum: 0 }) }),
    );
    const plain = await train(settings({ epochs: 1, optimizer: sgd({ learningRate: 0.05, momentum: 0 }) }));
    // Six steps: the average is 0.8^6 of the start and the rest of what came after, so it lies between.
    expect(averaged.state.weights['classifier/weights']).toEqual(plain.state.weights['classifier/weights']);
    const [a, s, p] = [averaged.model, start.model, plain.model].map(({ weights }) => weights['classifier/weights']!);
    const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
      Math.hypot(...Array.from(x, (value, i) => value - y[i]!));
    expect(distance(a!, p!)).toBeLessThan(distance(s!, p!));
    expect(distance(a!, p!)).toBeGreaterThan(0);

    const step = { epochs: 1, optimizer: sgd({ learningRate: 1, momentum: 0 }), data: stripes({ samples: 16 }) };
    const clipped = await train(settings({ ...step, clip: { norm: 0.01 } }));
    const moved = Math.hypot(
      ...Object.keys(clipped.state.weights)
        .filter((name) => /filter|weights|bias|scale|offset/.test(name))
        .map((name) => distance(clipped.state.weights[name]!, start.state.weights[name]!)),
    );
    expect(moved).toBeCloseTo(0.01, 4);
    const bounded = await train(settings({ ...step, clip: { value: 1e-3 } }));
    const largest = Math.max(
      ...bounded.state.weights['classifier/weights']!.map((value, i) =>
        Math.abs(value - start.state.weights['classifier/weights']![i]!),
      ),
    );
    expect(largest).toBeCloseTo(1e-3, 6);
  });

  it('predicts the same in any batch size', async () => {
    const run = await train(settings({ recipe: scn(), epochs: 1 }));
    const data = stripes({ samples: 37 });
    const [one, other] = await Promise.all(
      [7, 64].map((batchSize) => predict({ backend: reference(), model: run.model, data, batchSize })),
    );
    expect(one!.labels).toEqual(other!.labels);
    one!.probabilities.forEach((p, i) => expect(p).toBeCloseTo(other!.probabilities[i]!, 6));
    expect(one!.importance).toHaveLength(37);
    await expect(predict({ backend: reference(), model: { ...run.model, method: ce() }, data })).rejects.toThrow(
      /not wanted importance\/weights/,
    );
  });
});

describe('methods of other kinds', () => {
  it('two networks that choose samples for each other, with a clean pass', async () => {
    const cleanRows: Float32Array[] = [];
    const coTeaching: Method = {
      name: 'co-teaching',
      options: {},
      needs: { nets: 2 },
      loss: (ops, nets, { targets }) => ({
        perSample: nets.map(({ logits }) => ops.softmaxCrossEntropy(logits, targets)),
        terms: {},
      }),
      // Each network learns from the half of the batch on which the other has the lower loss.
      select: (ops, [first, second], { size }) =>
        [second!, first!].map((loss) => ops.rankMask(ops.neg(loss), size / 2)),
      relabel: {
        name: 'spy',
        when: 'epoch',
        pass: 'clean',
        propose: ({ clean }) => {
          cleanRows.push(clean!);
          return [];
        },
      },
    };
    const run = await train(settings({ recipe: coTeaching, data: stripes({ noise: 0 }), epochs: 5 }));
    expect(Object.keys(run.model.weights).filter((name) => name.startsWith('net2/conv1'))).not.toHaveLength(0);
    expect(run.model.weights['net1/conv1/filter']).not.toEqual(run.model.weights['net2/conv1/filter']);
    expect(run.history.last()!.loss).toBeLessThan(run.history.epochs[0]!.loss);
    expect(cleanRows).toHaveLength(5);
    expect(cleanRows[4]!.slice(0, 4).reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
  });
});
