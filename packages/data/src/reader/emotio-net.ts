import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { expressionOfActionUnits } from './action-unit-expressions.ts';
import type { DatasetReader, MissingPolicy } from './reader.ts';
import { badLine, defineReader, missingImage, pathTable } from './reader.ts';

/** Options of {@link emotioNet}. */
export interface EmotioNetOptions {
  /** Folder of the downloaded pictures. Default `'images'`. */
  readonly images?: string;
  /** Default `'skip'`: the lists name addresses, and many of them are gone. */
  readonly missing?: MissingPolicy;
  /** Whether action units beside those of the expression forbid it. Default false. See {@link expressionOfActionUnits}. */
  readonly exact?: boolean;
}

/** Action units 1 to 60. */
const units = 60;

/** The reader behind `emotioNet`. */
export const emotioNetReader: DatasetReader<EmotioNetOptions> = /* @__PURE__ */ defineReader<
  EmotioNetOptions,
  { lists: readonly string[]; images: string }
>({
  name: 'emotio-net',
  title: 'EmotioNet',
  layout: [
    'dataFile_0001.txt                   address, original address and 60 action units, with tabs between',
    'images/N_0000000001_00002.jpg       (downloaded; or with the folders of the address)',
  ],
  obtain: 'http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/, by request',
  terms: 'research; the pictures belong to others',
  async locate(index, { images = 'images' }) {
    safePath(images, 'images');
    const lists: string[] = [];
    for (const { name, kind } of await index.list('')) {
      if (kind === 'file' && /\.txt$/i.test(name) && (await startsWithUnits(index, name))) lists.push(name);
    }
    if (lists.length === 0)
      return {
        evidence: [],
        difference: 'no .txt file begins with two addresses and 60 action units with tabs between',
      };
    const folder = await index.find(images, 'folder');
    const evidence = [
      `action units in ${lists.slice(0, 3).join(', ')}${lists.length > 3 ? `, … (${lists.length} lists)` : ''}`,
    ];
    if (folder === undefined)
      return { evidence, difference: `there is no folder ${images} with the downloaded pictures` };
    return { evidence: [...evidence, `the pictures in ${folder}`], place: { lists, images: folder } };
  },
  async table(index, { lists, images }, { missing = 'skip', exact = false }) {
    checkChoice('missing', missing, ['refuse', 'skip']);
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    for (const list of lists) {
      const source = placeOf(index.folder, list);
      let row = 0;
      for await (const record of index.folder.records(list, { delimiter: '\t', quotes: false })) {
        row++;
        if (record.length < units + 2) {
          throw new DataError({
            code: 'bad-field-count',
            source,
            row,
            problem: `${record.length} fields where ${units + 2} (two addresses, ${units} action units) belong`,
            remedy: 'Restore the list from its source, or delete the line',
          });
        }
        const active = new Set<number>();
        const annotated = new Set<number>();
        for (let unit = 1; unit <= units; unit++) {
          const value = record[unit + 1]!;
          if (!/^(0|1|999)$/.test(value)) {
            throw badLine(
              index.folder,
              list,
              row,
              `'${value.slice(0, 20)}' of action unit ${unit} is none of 0, 1 and 999`,
              'Restore the list from its source, or delete the line',
            );
          }
          if (value !== '999') annotated.add(unit);
          if (value === '1') active.add(unit);
        }
        const label = expressionOfActionUnits(active, annotated, exact);
        if (typeof label === 'string') {
          countDrop(dropped, label);
          continue;
        }
        const [short, long] = picturePaths(record[0]!, source, row);
        const path = await index.findFirst([joinPath(images, long), joinPath(images, short)], 'file');
        if (path !== undefined) samples.push({ place: path, label, split: 'all' });
        else if (missing === 'refuse') throw missingImage(index.folder, list, row, joinPath(images, short));
        else countDrop(dropped, 'missing-image');
      }
    }
    return pathTable({ reader: 'emotio-net', folder: index.folder, classes: expressionClasses(7), samples, dropped });
  },
});

async function startsWithUnits(index: FolderIndex, list: string): Promise<boolean> {
  const head = new TextDecoder().decode(await index.folder.slice(list, 0, 8192)).split(/\r?\n/)[0]!;
  const fields = head.split('\t').map((field) => field.trim());
  return fields.length >= units + 2 && fields.slice(2, units + 2).every((field) => /^\d+$/.test(field));
}

/** Name of a picture by its address, and the path below `Images/` in it. */
function picturePaths(address: string, source: string, row: number): [string, string] {
  const path = address.replace(/^[a-z]+:\/\/[^/]*\//i, '').replace(/[?#].*$/, '');
  const long = path.replace(/^.*?\bImages\//, '');
  const short = long.slice(long.lastIndexOf('/') + 1);
  return [safePath(short, source, row), safePath(long, source, row)];
}

/**
 * Reads EmotioNet (Fabian Benitez-Quiroz, Srinivasan and Martinez, CVPR 2016): addresses of pictures with action units, from
 * which expressions follow by {@link expressionOfActionUnits}. Each line of a list holds the address, the original
 * address and 60 action units (1 present, 0 absent, 999 not annotated), separated by tabs. Pictures whose units show no
 * expression are left out and counted.
 *
 * Get the lists from http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/ by request; research only. The user downloads
 * the pictures, so no count is checked.
 *
 * @throws DataError where the layout is another or a list is damaged.
 * @example
 * const table = await emotioNet(openFolder('./EmotioNet'));
 * console.log(table.dropped); // { 'no-expression': …, 'missing-image': … }
 */
export function emotioNet(folder: DataFolder, options: EmotioNetOptions = {}): Promise<SampleTable> {
  return emotioNetReader.read(folder, options);
}
