/** A relabel strategy of your own: a plain function over typed arrays, passed as a value, then by name. */
import { adam, ce, defineRelabel, exportChanges, train, withRelabel } from '@selfcure/core';
import type { Proposal } from '@selfcure/core';
import { createSelfCure } from '@selfcure/core/app';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';

const streak = defineRelabel({
  name: 'streak',
  start: 10,
  defaults: { lead: 0.3 },
  propose: ({ samples, given, current, probabilities, classes }, { lead }) => {
    const proposals: Proposal[] = [];
    samples.forEach((sample, i) => {
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      const pMax = Math.max(...row);
      const score = pMax - row[given[i]!]!;
      if (score > lead) proposals.push({ sample, to: row.indexOf(pMax), score, reason: `leads by more than ${lead}` });
      else if (current[i] !== given[i]) proposals.push({ sample, to: 'restore', score, reason: 'no longer leads' });
    });
    return proposals;
  },
});

const backend = await wasm();
const faces = facesDataset({ samples: 350, seed: 1, size: 24, intensity: [0.7, 1] });
const data = symmetricNoise(faces, { rate: 0.3, seed: 2 });
const model = faceCnn({ size: 24, width: 0.25 });
const settings = { model, data, epochs: 20, optimizer: adam({ learningRate: 5e-3 }) };

const byValue = await train({ ...settings, backend, recipe: withRelabel(ce(), streak({ lead: 0.4 })) });
const app = createSelfCure({ backend, plugins: [streak] });
const byName = await app.train({ ...settings, recipe: { use: 'ce' }, relabel: { use: 'streak', lead: 0.4 } });

const changes = [byValue, byName].map(({ ledger }) => exportChanges(ledger.changes(), 'csv', data.classes));
console.log(`${byValue.ledger.changes().length} changes by value, ${byName.ledger.changes().length} by name`);
if (changes[0] !== changes[1]) throw new Error('the two runs differ');
