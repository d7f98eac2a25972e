import type { FolderIndex } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import type { Located } from './reader.ts';

/**
 * The files that a reader of single files reads: the one that is named, or all with its ending in the folder (and in
 * `data/`, where Parquet files often are).
 */
export async function filesWithEnding(
  index: FolderIndex,
  endings: readonly string[],
  named: string | undefined,
): Promise<Located<readonly string[]>> {
  const list = endings.map((ending) => `.${ending}`);
  if (named !== undefined) {
    const path = await index.find(safePath(named, 'file'), 'file');
    return path === undefined
      ? { evidence: [], difference: `there is no file ${named}` }
      : { evidence: [`the file ${path}`], place: [path] };
  }
  for (const folder of ['', 'data']) {
    const found = (await index.list(folder))
      .filter(({ name, kind }) => kind === 'file' && list.some((ending) => name.toLowerCase().endsWith(ending)))
      .map(({ name }) => (folder === '' ? name : `${folder}/${name}`));
    if (found.length > 0)
      return { evidence: [`the file${found.length > 1 ? 's' : ''} ${found.slice(0, 5).join(', ')}`], place: found };
  }
  return { evidence: [], difference: `there is no file that ends in ${list.join(' or ')}` };
}
