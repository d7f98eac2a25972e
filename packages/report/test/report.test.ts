import { undoChanges } from '@selfcure/core';
import { renderReport } from '@selfcure/report';
import { describe, expect, test } from 'vitest';
import { evaluated, fabricate, pixel, propose } from './fabricated.ts';
import type { Fabrication } from './fabricated.ts';
import { all, parse, sectionOf, select, textOf } from './markup.ts';
import type { Element } from './markup.ts';
import { decodePng } from './png.ts';
import type { Picture } from './png.ts';

const render = async (options: Fabrication = {}): Promise<Element> => parse(await renderReport(fabricate(options)));

/** Headings of a page, in order. */
const headings = (page: Element): string[] => all(page, ({ name }) => /^h[23]$/.test(name)).map(textOf);

/** Pictures under a heading: sample, frame and caption. */
function galleryOf(page: Element, heading: string): { sample: number; mark: string; caption: string }[] {
  const section = sectionOf(page, heading);
  if (!section) return [];
  return select(section, '.face').map((face) => ({
    sample: Number(/^sample (\d+)$/.exec(select(face, 'img')[0]!.attributes['alt']!)![1]),
    mark: face.attributes['class']!.replace('face', '').trim(),
    caption: textOf(select(face, 'figcaption')[0]!),
  }));
}
const samplesOf = (page: Element, heading: string): number[] => galleryOf(page, heading).map(({ sample }) => sample);

/** Cells of the table under a heading. */
const cellsOf = (page: Element, heading: string): string[][] =>
  select(select(sectionOf(page, heading)!, 'tbody')[0]!, 'tr').map((row) =>
    all(row, ({ name }) => name === 'td' || name === 'th').map(textOf),
  );

const tilesOf = (page: Element): Record<string, string> =>
  Object.fromEntries(
    select(page, '.tile').map((tile) => [textOf(select(tile, 'span')[0]!), textOf(select(tile, 'b')[0]!)]),
  );

function pictureOf(image: Element): Picture {
  const [head, body] = image.attributes['src']!.split(',');
  expect(head).toBe('data:image/png;base64');
  return decodePng(Buffer.from(body!, 'base64'));
}

/** An edit and a drop that mend, one of each that break, and one of unknown worth. */
const truth = (i: number): number => (i === 30 ? -1 : i % 5 === 0 ? (i + 1) % 3 : i % 3);
const relabels: Fabrication = {
  truth,
  edit: (ledger) => {
    propose(ledger, 10, 2, 0.5, { reason: 'P(sad) beats P(happy)' }); // given 1, really 2: mends
    propose(ledger, 11, 0, 0.9, { strategy: 'other', epoch: 7 }); // given 2, really 2: breaks
    propose(ledger, 30, 1, 0.7); // given 0, really unknown
    propose(ledger, 5, 1, 0.6, { importance: null }); // given 2, really 0: wrong to wrong
    propose(ledger, 12, 2, 1); // taken back below
    propose(ledger, 12, 'restore', 1);
    propose(ledger, 15, 2, 0.3); // edited, then left out: given 0, really 1
    propose(ledger, 15, 'drop', 0.2);
    propose(ledger, 16, 'drop', 0.8); // given and really 1
  },
};

describe('the page', () => {
  test('is well-formed, loads nothing and runs nothing', async () => {
    for (const options of [relabels, { truth }, { truth: null, importance: null, evaluation: null, history: [] }]) {
      const input = fabricate(options);
      const text = await renderReport(input);
      expect(text.startsWith('<!doctype html>')).toBe(true);
      expect(text).not.toMatch(/https?:|url\(|@import|undefined|NaN|\[object/);
      const page = parse(text);
      expect(select(page, 'html').length).toBe(1);
      const policy = select(page, 'meta').find((meta) => meta.attributes['http-equiv'] === 'Content-Security-Policy');
      expect(policy?.attributes['content']).toContain("default-src 'none'");
      for (const { name, attributes } of all(page, () => true)) {
        expect(['script', 'link', 'iframe', 'object', 'embed', 'base', 'form', 'a']).not.toContain(name);
        for (const [key, value] of Object.entries(attributes)) {
          expect(key).not.toMatch(/^on|href|srcset|action/);
          if (key === 'src') expect(value.startsWith('data:image/png;base64,')).toBe(true);
        }
      }
    }
  });

  test('escapes hostile titles, names, reasons, messages and options', async () => {
    const hostile = (what: string): string =>
      `${what} </style></title><script src="https://example.org">alert('1')</script> & "<img src=x onerror=y>`;
    const page = await render({
      title: hostile('title'),
      name: hostile('data'),
      classes: ['angry', 'happy', 'sad'].map(hostile),
      edit: (ledger) => propose(ledger, 3, 1, 0.5, { reason: hostile('reason'), strategy: hostile('strategy') }),
      warnings: [{ epoch: 2, message: hostile('warning') }] as unknown as NonNullable<Fabrication['warnings']>,
      manifest: { [hostile('key')]: hostile('value') },
    });
    expect(select(page, 'script')).toEqual([]);
    for (const image of select(page, 'img')) expect(Object.keys(image.attributes)).not.toContain('onerror');
    const read = (what: string): string => hostile(what).replaceAll(/\s+/g, ' ');
    expect(textOf(select(page, 'title')[0]!)).toBe(read('title'));
    expect(textOf(select(page, 'h1')[0]!)).toBe(read('title'));
    expect(textOf(select(page, 'p')[0]!)).toContain(read('data'));
    expect(textOf(select(page, '.warnings')[0]!)).toContain(`Epoch 2: ${read('warning')}`);
    expect(cellsOf(page, 'Manifest')).toEqual([[read('key'), read('value')]]);
    const [edited] = galleryOf(page, 'Relabelled');
    expect(edited!.caption).toContain(`${read('angry')} → ${read('happy')}`);
    expect(edited!.caption).toContain(read('reason'));
    expect(edited!.caption).toContain(read('strategy'));
    expect(cellsOf(page, 'Confusion on the test set').map(([name]) => name)).toEqual(
      ['angry', 'happy', 'sad'].map(read),
    );
    const cell = select(sectionOf(page, 'Confusion on the test set')!, '.miss')[0]!;
    expect(cell.attributes['title']).toBe(`${hostile('angry')} as ${hostile('happy')}: 50.0 %`);
  });

  test('of 10,000 samples stays small', async () => {
    const edit: Fabrication['edit'] = (ledger) => {
      for (let i = 0; i < 10_000; i += 4) propose(ledger, i, i % 8 === 0 ? 'drop' : (i + 1) % 3, (i % 97) / 97);
    };
    const text = await renderReport(fabricate({ size: 10_000, shape: [48, 48, 1], edit }));
    expect(text.length).toBeLessThan(1_500_000);
    expect(select(parse(text), 'img').length).toBe(5 * 16);
  });
});

describe('figures', () => {
  test('headline: test figures, epochs, edits, wrong labels', async () => {
    expect(tilesOf(await render(relabels))).toEqual({
      'test accuracy': '80.0 %',
      'balanced accuracy': '83.3 %',
      'calibration error': '0.0 %',
      epochs: '3',
      'training accuracy': '80.0 %',
      'labels edited': '4',
      'labels left out': '2',
      // Of 39 known: 0, 5, ..., 35 without 30 are wrong; one is mended and one broken.
      'wrong labels': '17.9 % → 17.9 %',
    });
  });

  test('what relabelling mended and broke', async () => {
    const page = await render(relabels);
    expect(cellsOf(page, 'What relabelling did').map((row) => row.slice(0, 3))).toEqual([
      ['edited', '3', '7.7 %'],
      ['edited to the true label', '1', '33.3 %'],
      ['wrong labels mended', '1', '14.3 %'],
      ['right labels broken', '1', '3.1 %'],
      ['left out of the loss', '2', '5.1 %'],
      ['left out and wrong', '1', '50.0 %'],
    ]);
  });

  test('says so where nothing is edited', async () => {
    const section = sectionOf(await render({ truth }), 'What relabelling did')!;
    expect(select(section, 'table')).toEqual([]);
    expect(textOf(section)).toContain('No label of known truth is edited or left out');
    expect(textOf(section)).toContain('17.9 %');
  });

  test('how well scores find wrong labels', async () => {
    const wrong = (i: number): boolean => i % 5 === 0;
    const page = await render({
      meanGivenProbability: (i) => (wrong(i) ? 0.1 : 0.9) + i / 1000, // parts them
      importance: () => 0.5, // says nothing
    });
    const rows = Object.fromEntries(cellsOf(page, 'Which labels look wrong').map(([name, ...rest]) => [name, rest]));
    expect(rows['P(given), mean over epochs']).toEqual(['1.000', '1.000']);
    expect(rows['importance weight']).toEqual(['0.500', '0.200']);
    const legends = select(sectionOf(page, 'Which labels look wrong')!, 'li').map(textOf);
    expect(legends).toEqual(['right labels 32', 'wrong labels 8', 'right labels 32', 'wrong labels 8']);
  });

  test('without truth: spread of the scores, no verdicts', async () => {
    for (const unknown of [null, () => -1]) {
      const page = await render({ ...relabels, truth: unknown });
      expect(headings(page)).not.toContain('What relabelling did');
      expect(Object.keys(tilesOf(page))).not.toContain('wrong labels');
      const section = sectionOf(page, 'Which labels look wrong')!;
      expect(select(section, 'li').map(textOf)).toEqual(['labels 40', 'labels 40']);
      expect(select(section, 'table')).toEqual([]);
      expect([...select(page, '.good'), ...select(page, '.bad'), ...select(page, '.wrong')]).toEqual([]);
      expect(textOf(page)).not.toContain('Green frame');
    }
  });

  test('curves of what the history has, and of nothing else', async () => {
    const charts = (page: Element): string[] =>
      select(sectionOf(page, 'Course of the training')!, 'figcaption').map(textOf);
    expect(charts(await render())).toEqual([
      'Loss',
      'Accuracy',
      'Share of wrong labels',
      'Label changes an epoch',
      'Standing changes',
      'Importance',
      'Rank regularization',
      'Rank regularization at work',
      'Learning rate',
    ]);
    const log = { epoch: 1, loss: 1.5, accuracy: 0.5, learningRate: 0.1 };
    const plain = await render({ history: [log, { ...log, epoch: 2, loss: 1.25 }] });
    expect(charts(plain)).toEqual(['Loss', 'Accuracy', 'Learning rate']);
    expect(select(sectionOf(plain, 'Course of the training')!, 'li').map(textOf)).toEqual([
      'training loss 1.25',
      'training pass, against current labels 50.0 %',
      'at the end of the epoch 0.1',
    ]);
  });

  test('confusion matrix of the test set', async () => {
    const page = await render({ evaluation: evaluated([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 3) });
    expect(cellsOf(page, 'Confusion on the test set')).toEqual([
      ['angry', '1', '1', '0', '50.0 %'],
      ['happy', '0', '2', '0', '100.0 %'],
      ['sad', '1', '0', '0', '0.0 %'],
    ]);
    expect(headings(await render({ evaluation: null }))).not.toContain('Confusion on the test set');
  });

  test('manifest: leaves with their paths', async () => {
    const manifest = {
      seed: 3,
      recipe: { name: 'scn', options: { margin: 0.2, preset: null } },
      sizes: [32, 64],
      parts: [{ a: true }],
    };
    expect(cellsOf(await render({ manifest }), 'Manifest')).toEqual([
      ['seed', '3'],
      ['recipe.name', 'scn'],
      ['recipe.options.margin', '0.2'],
      ['recipe.options.preset', 'null'],
      ['sizes', '32, 64'],
      ['parts.0.a', 'true'],
    ]);
  });

  test('a run without a finished epoch is a page all the same', async () => {
    const page = await render({ history: [], passes: () => 0, evaluation: null });
    expect(textOf(sectionOf(page, 'Course of the training')!)).toContain('No epoch is finished.');
    expect(headings(page)).toEqual(['Course of the training', 'What relabelling did', 'Manifest']);
  });
});

describe('galleries', () => {
  const range = Array.from({ length: 40 }, (_, i) => i);
  const importance = (i: number): number => ((i * 17) % 40) / 40;
  const trust = (i: number): number => ((i * 23 + 7) % 40) / 40;

  test('ends of the scores: sixteen samples, in order', async () => {
    const page = await render({ importance, meanGivenProbability: trust });
    // 17 and 23 share no factor with 40: every score occurs once, so there is one right order.
    const at = (of: (i: number) => number, rank: number): number => range.find((i) => Math.round(of(i) * 40) === rank)!;
    const first = range.slice(0, 16);
    expect(samplesOf(page, 'Lowest importance')).toEqual(first.map((rank) => at(importance, rank)));
    expect(samplesOf(page, 'Highest importance')).toEqual(first.map((rank) => at(importance, 39 - rank)));
    expect(samplesOf(page, 'Most suspicious labels')).toEqual(first.map((rank) => at(trust, rank)));
    expect(galleryOf(page, 'Lowest importance')[0]).toEqual({
      sample: 0,
      mark: '',
      caption: 'angry really happy weight 0.00',
    });
    expect(galleryOf(page, 'Lowest importance')[1]).toEqual({ sample: 33, mark: '', caption: 'angry weight 0.03' });
  });

  test('equal scores stand in order of sample; samples without a pass are left out', async () => {
    const page = await render({ importance: (i) => (i < 5 ? 0.1 : 0.5), passes: (i) => (i === 1 ? 0 : 2) });
    expect(samplesOf(page, 'Lowest importance').slice(0, 6)).toEqual([0, 2, 3, 4, 5, 6]);
    for (const heading of ['Lowest importance', 'Highest importance', 'Most suspicious labels']) {
      expect(samplesOf(page, heading)).not.toContain(1);
    }
  });

  test('without importance weights: most trusted and most suspicious', async () => {
    const page = await render({ importance: null, meanGivenProbability: trust });
    expect(headings(page).slice(-4)).toEqual(['Pictures', 'Most trusted labels', 'Most suspicious labels', 'Manifest']);
    expect(samplesOf(page, 'Most trusted labels')[0]).toBe(range.find((i) => trust(i) === 39 / 40));
    expect(samplesOf(page, 'Most suspicious labels')[0]).toBe(range.find((i) => trust(i) === 0));
  });

  test('standing edits, the strongest first, framed by their worth', async () => {
    expect(galleryOf(await render(relabels), 'Relabelled')).toEqual([
      {
        sample: 11,
        mark: 'bad',
        caption: 'sad → angry really sad P(given) 0.10 P(max) 0.80 weight 0.25 epoch 7, other because',
      },
      { sample: 30, mark: '', caption: 'angry → happy P(given) 0.10 P(max) 0.80 weight 0.25 epoch 2, margin because' },
      {
        sample: 5,
        mark: 'bad',
        caption: 'sad → happy really angry P(given) 0.10 P(max) 0.80 epoch 2, margin because',
      },
      {
        sample: 10,
        mark: 'good',
        caption: 'happy → sad P(given) 0.10 P(max) 0.80 weight 0.25 epoch 2, margin P(sad) beats P(happy)',
      },
    ]);
  });

  test('labels left out, the strongest first, framed by their worth', async () => {
    const left = galleryOf(await render(relabels), 'Left out');
    expect(left.map(({ sample, mark }) => [sample, mark])).toEqual([
      [16, 'bad'],
      [15, 'good'],
    ]);
    expect(left[1]!.caption).toMatch(/^angry really happy P\(given\)/);
  });

  test('what is undone or restored leaves no picture', async () => {
    const page = await render({
      edit: (ledger) => {
        relabels.edit!(ledger);
        undoChanges(ledger, 0);
      },
    });
    expect(headings(page)).not.toContain('Relabelled');
    expect(headings(page)).not.toContain('Left out');
  });

  test('more edits than fit: their number is told', async () => {
    const page = await render({
      edit: (ledger) => range.slice(0, 20).forEach((i) => propose(ledger, i, (i + 1) % 3, (i * 7) % 20)),
    });
    const order = range.slice(0, 20).sort((a, b) => ((b * 7) % 20) - ((a * 7) % 20));
    expect(samplesOf(page, 'Relabelled')).toEqual(order.slice(0, 16));
    expect(textOf(sectionOf(page, 'Relabelled')!)).toContain('The strongest of 20 standing edits');
  });

  test.each([
    ['gray', [6, 5, 1], 5, 6, 1],
    ['colour', [4, 7, 3], 7, 4, 3],
    ['colour and transparency', [3, 3, 4], 3, 3, 3],
  ] as const)('pictures hold the pixels of their sample: %s', async (_, shape, width, height, channels) => {
    const page = await render({ shape });
    const faces = select(page, '.face');
    expect(faces.length).toBe(48);
    for (const face of faces) {
      const image = select(face, 'img')[0]!;
      const sample = Number(image.attributes['alt']!.split(' ')[1]);
      const picture = pictureOf(image);
      expect([picture.width, picture.height, picture.channels]).toEqual([width, height, channels]);
      const expected = Array.from({ length: width * height }, (__, at) =>
        Array.from({ length: channels }, (___, c) => pixel(sample, at * shape[2] + c)),
      ).flat();
      expect([...picture.pixels]).toEqual(expected);
    }
  });

  test('large images are thinned out to 96 pixels a side at most', async () => {
    const page = await render({ size: 3, shape: [200, 120, 1] });
    const picture = pictureOf(select(page, 'img')[0]!);
    expect([picture.width, picture.height]).toEqual([40, 67]); // every third pixel
    const sample = samplesOf(page, 'Lowest importance')[0]!;
    expect(picture.pixels[2 * 40 + 5]).toBe(pixel(sample, 6 * 120 + 15));
  });
});
