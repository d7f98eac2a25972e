import { ContainerModule } from 'inversify';
import { describe, expect, it } from 'vitest';
import { createSelfCure, defineRecipe, defineRelabel, tokens } from '@selfcure/core/app';
import { ce } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { faceCnn } from '@selfcure/models';
import { stripes } from './stripes.ts';

const agreement = defineRelabel({
  name: 'agreement',
  start: 1,
  defaults: { margin: 0.2 },
  propose: ({ samples, given }, { margin }) => [
    { sample: samples[0]!, to: (given[0]! + 1) % 4, score: margin, reason: 'first sample' },
  ],
});

describe('createSelfCure', () => {
  const settings = {
    model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
    data: stripes({ samples: 32 }),
    epochs: 2,
    batchSize: 16,
  };

  it('trains with a strategy by name, its options checked by the compiler', async () => {
    const app = createSelfCure({ backend: reference(), plugins: [agreement] });
    const run = await app.train({ ...settings, relabel: { use: 'agreement', margin: 0.3 } });
    expect(run.ledger.changes()).toMatchObject([{ sample: 0, kind: 'relabel', strategy: 'agreement', score: 0.3 }]);
    // @ts-expect-error no such strategy
    const unknown = (): unknown => app.train({ ...settings, relabel: { use: 'nope' } });
    expect(unknown).toThrow("no relabel 'nope'. Registered: agreement, averaged, margin");
    // @ts-expect-error no such option
    const option = (): unknown => app.train({ ...settings, relabel: { use: 'agreement', margn: 0.3 } });
    expect(option).toThrow("agreement: no option 'margn'. Known: margin, start");
    // @ts-expect-error no such recipe
    expect(() => app.train({ ...settings, recipe: { use: 'scm' } })).toThrow(
      /no recipe 'scm'. Registered: ce, ce-relabel, cure, elr, forward, gce, mixture, scn, small-loss/,
    );
  });

  it('holds the strategies and recipes of core, and checks their options where no compiler did', async () => {
    const app = createSelfCure({ backend: reference(), plugins: [] });
    expect(app.method({ use: 'ce' }, { use: 'margin', candidates: 'all' }).relabel).toMatchObject({ name: 'margin' });
    expect(app.method({ use: 'scn' }, { use: 'averaged' }).relabel?.remember).toHaveLength(1);
    expect(() => app.method({ use: 'cure', edti: 0.5 })).toThrow("cure: no option 'edti'. Known: edit, drop");
    expect(() => app.method({ use: 'ce' }, { use: 'margin', mragin: 0.5 })).toThrow("margin: no option 'mragin'");
    expect(() => createSelfCure({ backend: reference(), plugins: [(() => ce()) as never] })).toThrow(
      /plugins\[0\] is no part with a name/,
    );
  });

  it('gives the same by name and by value', async () => {
    const app = createSelfCure({ backend: reference(), plugins: [agreement] });
    const byName = await app.train({ ...settings, recipe: { use: 'ce' }, relabel: { use: 'agreement' } });
    const byValue = await app.train({ ...settings, recipe: ce(), relabel: agreement() });
    expect(byValue.state.weights).toEqual(byName.state.weights);
    expect(byValue.ledger.changes()).toEqual(byName.ledger.changes());
  });

  it('takes parts from container modules and names both origins of a duplicate', () => {
    const other = defineRelabel({ name: 'other', defaults: {}, propose: () => [] });
    const mine = defineRecipe('mine', [], () => ce());
    const module = new ContainerModule(({ bind }) => {
      bind(tokens.relabel).toConstantValue(other);
      bind(tokens.recipe).toConstantValue(mine);
    });
    const app = createSelfCure({ backend: reference(), plugins: [agreement], modules: [module] });
    expect(app.names('relabel')).toEqual(['agreement', 'averaged', 'margin', 'other']);
    expect(app.names('recipe')).toContain('mine');
    expect(app.method({ use: 'mine' }, { use: 'other' }).relabel).toMatchObject({ name: 'other' });
    expect(() => createSelfCure({ backend: reference(), plugins: [agreement, agreement] })).toThrow(
      "relabel 'agreement' is registered twice: by plugins[0] and by plugins[1]",
    );
    expect(() => createSelfCure({ backend: reference(), plugins: [other], modules: [module] })).toThrow(
      'by plugins[0] and by a container module',
    );
    expect(() => createSelfCure({ backend: reference(), plugins: [defineRecipe('scn', [], () => ce())] })).toThrow(
      'by @selfcure/core and by plugins[0]',
    );
  });
});
