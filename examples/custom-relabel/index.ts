/** A relabel strategy of your own: a plain function over typed arrays, passed as a value, then by name. */
import { ce, defineRelabel, train, withRelabel } from '@selfcure/core';
import { createSelfCure } from '@selfcure/core/app';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';

const streak = defineRelabel({
  name: 'streak',
  start: 3,
  defaults: { lead: 0.3 },
  propose: ({ samples, given, current, probabilities, classes }, { lead }) =>
    [...samples].flatMap((sample, i) => {
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      const score = Math.max(...row) - row[given[i]!]!;
      if (score > lead) return [{ sample, to: row.indexOf(Math.max(...row)), score, reason: `leads by ${score.toFixed(2)}` }];
      return current[i] === given[i] ? [] : [{ sample, to: 'restore' as const, score, reason: 'no longer leads' }];
    }),
});

const backend = await wasm();
const data = symmetricNoise(facesDataset({ samples: 256, seed: 1, size: 24 }), { rate: 0.3, seed: 2 });
const settings = { model: faceCnn({ size: 24, width: 0.25 }), data, epochs: 4 };

const byValue = await train({ ...settings, backend, recipe: withRelabel(ce(), streak({ lead: 0.4 })) });
const app = createSelfCure({ backend, plugins: [streak] });
const byName = await app.train({ ...settings, recipe: { use: 'ce' }, relabel: { use: 'streak', lead: 0.4 } });

console.log(`${byValue.ledger.changes().length} changes by value, ${byName.ledger.changes().length} by name`);
if (byValue.ledger.export('csv') !== byName.ledger.export('csv')) throw new Error('the two runs differ');
