import { renderDataset } from '@selfcure/report';
import type { DatasetFacts, SheetPicture } from '@selfcure/report';
import { describe, expect, it } from 'vitest';
import { decodePng } from './png.ts';

const sample = (place: string, label: string, split: string) => ({ place, label, split });
const none = { groups: 0, images: 0, acrossSplits: 0, listed: [] };
const facts: DatasetFacts = {
  reader: 'raf-db',
  size: 7,
  classes: ['angry', '<b>happy</b>'],
  counts: {
    unit: 'images',
    found: {
      train: { total: 5, perClass: { angry: 2, '<b>happy</b>': 3 } },
      test: { total: 2, perClass: { angry: 1, '<b>happy</b>': 1 } },
    },
    subjects: 0,
    published: { source: 'the paper', splits: { train: { total: 6, perClass: { angry: 2, '<b>happy</b>': 4 } } } },
    complete: false,
    differences: ['train: 5 images, 6 are published'],
  },
  dropped: { contempt: 4 },
  sizes: [{ width: 100, height: 90, channels: 3, count: 7 }],
  formats: { jpeg: 7 },
  duplicates: {
    groups: 1,
    images: 2,
    acrossSplits: 1,
    listed: [[sample('a.jpg', 'angry', 'train'), sample('b.jpg', 'angry', 'test')]],
  },
  nearDuplicates: none,
  conflicts: { groups: 0, images: 0, listed: [] },
  unreadable: { count: 3, listed: [{ sample: sample('c.jpg', 'angry', 'test'), problem: 'cut off at byte 9' }] },
};
const picture = (shade: number, width = 3, height = 2): SheetPicture => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height).fill(shade),
});

describe('renderDataset', () => {
  it('shows counts beside published ones, differences, repeats and unreadable files, all escaped', () => {
    const page = renderDataset({ title: 'A & B', facts });
    const text = page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(page).not.toContain('<b>happy</b>');
    expect(page).toContain('&lt;b&gt;happy&lt;/b&gt;');
    expect(text).toContain('A &amp; B');
    expect(text).toMatch(/angry 2 ✓ 1 42\.9 %/);
    expect(text).toMatch(/3 of 4 1 57\.1 %/);
    expect(text).toMatch(/all 5 of 6 2/);
    expect(text).toContain('train: 5 images, 6 are published');
    expect(text).toContain('1 groups of 2 pictures; 1 of them have pictures in several splits');
    expect(text).toContain('c.jpg cut off at byte 9');
    expect(text).toContain('2 more are not shown');
    expect(text).not.toContain('Pictures that look alike');
    expect(page).not.toMatch(/<script|<link|https?:/);
  });

  it('lays a contact sheet out in rows of twelve', () => {
    const pictures = Array.from({ length: 14 }, (_, i) => picture(10 * i));
    const page = renderDataset({
      title: 't',
      facts,
      sheets: [
        { caption: 'angry: 14 of 20', pictures },
        { caption: 'empty', pictures: [] },
      ],
    });
    const urls = [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    expect(urls).toHaveLength(1);
    expect(page).not.toContain('empty');
    const { width, height, pixels } = decodePng(Buffer.from(urls[0]![1]!, 'base64'));
    expect([width, height]).toEqual([12 * 5 - 2, 2 * 4 - 2]);
    // The thirteenth and fourteenth begin the second row; what follows them is empty.
    expect([pixels[0], pixels[5], pixels[3], pixels[4 * width], pixels[4 * width + 5], pixels[4 * width + 10]]).toEqual(
      [0, 10, 255, 120, 130, 255],
    );
    expect(() =>
      renderDataset({ title: 't', facts, sheets: [{ caption: 'x', pictures: [picture(1), picture(1, 4)] }] }),
    ).toThrow(/picture 1 has another size/);
  });
});
