import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { expressionOf } from '../table/expression-classes.ts';

/** Split that a folder's name stands for; undefined for other names. */
export function splitOfName(name: string): string | undefined {
  const plain = name.toLowerCase();
  if (/^(train|training|train_set)$/.test(plain)) return 'train';
  if (/^(val|valid|validation|val_set|dev)$/.test(plain)) return 'valid';
  if (/^(test|testing|test_set)$/.test(plain)) return 'test';
  return undefined;
}

/** A folder named after an expression. */
export interface ClassFolder {
  readonly path: string;
  readonly label: number;
}

/** Folders in a folder that are named after expressions, in any capitals. */
export async function classFolders(index: FolderIndex, path: string): Promise<ClassFolder[]> {
  return (await index.folders(path)).flatMap((name) => {
    const label = expressionOf(name);
    return label === undefined ? [] : [{ path: joinPath(path, name), label }];
  });
}
