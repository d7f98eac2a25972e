import { expect, it } from 'vitest';
import { train, scn, cure, ce, ceRelabel, elr, mixture, decodeTrainState, encodeTrainState, randomStream, evaluate, noiseDetection, relabelQuality, adam } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';
const N = 256, S = 12, C = 4;
function toy(seed = 1, noise = 0.3, n = N) {
  const r = randomStream({ seed, purpose: 'toy' });
  const images = new Uint8Array(n * S * S), truth = new Int32Array(n), labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const c = r.integer(C); truth[i] = c; labels[i] = r.uniform() < noise ? (c + 1 + r.integer(C - 1)) % C : c;
    for (let y = 0; y < S; y++) for (let x = 0; x < S; x++) {
      const on = (c & 1 ? x : y) < S / 2 === (c & 2 ? true : false);
      images[i * S * S + y * S + x] = Math.min(255, Math.max(0, (on ? 160 : 90) + 50 * r.normal()));
    }
  }
  return { name: 'toy', size: n, classes: ['a', 'b', 'c', 'd'], shape: [S, S, 1] as const, labels, truth, fingerprint: `toy-${seed}`, read: (ids: ArrayLike<number>) => { const out = new Uint8Array(ids.length * S * S); for (let i = 0; i < ids.length; i++) out.set(images.subarray(ids[i]! * S * S, (ids[i]! + 1) * S * S), i * S * S); return out; } };
}
it('trains', async () => {
  const backend = await wasm();
  const data = toy(), test = { ...toy(2, 0), name: 'test' };
  for (const recipe of [ce(), ceRelabel({ start: 4 }), scn({ relabelEpoch: 4 }), scn({ preset: 'official-code', relabelEpoch: 4 }), cure(), elr(), mixture()]) {
    const t0 = Date.now();
    const run = await train({ backend, model: faceCnn({ classes: C, size: S, width: 0.125 }), recipe, data, epochs: 12, batchSize: 32, optimizer: adam({ learningRate: 3e-3 }) });
    const ev = await evaluate({ backend, model: run.model, data: test });
    console.log(recipe.name, Date.now() - t0, 'ms', ev.accuracy, run.end, run.history.last(), run.ledger.changes().length, JSON.stringify(noiseDetection(run.rows, data.truth)), relabelQuality({ given: run.ledger.given, current: run.ledger.current, truth: data.truth, dropped: run.ledger.dropped }), run.warnings);
  }
  console.log(backend.memory());
});
it('resumes', async () => {
  const backend = await wasm();
  const data = toy();
  const options = { backend, model: faceCnn({ classes: C, size: S, width: 0.125 }), recipe: scn({ relabelEpoch: 1, margin2: 0.01 }), data, epochs: 2, batchSize: 32, optimizer: adam({ learningRate: 3e-3 }) };
  const whole = await train(options);
  let steps = 0;
  const first = await train({ ...options, until: () => steps++ === 10 });
  expect(first.end).toBe('paused');
  const second = await train({ ...options, resume: decodeTrainState(encodeTrainState(first.state)) });
  expect(second.state.weights).toEqual(whole.state.weights);
  expect(second.state.memory).toEqual(whole.state.memory);
  expect(second.ledger.changes()).toEqual(whole.ledger.changes());
});
