/** A file and the folder that names its class. */
export interface LabelledFile {
  readonly file: File;
  /** Path within what was picked or dropped. */
  readonly path: string;
  readonly className: string;
}

/** Files by class, and what could not be labelled. */
export interface LabelledFiles {
  readonly files: readonly LabelledFile[];
  /** Class names, sorted: label k is classes[k]. */
  readonly classes: readonly string[];
  /** Images that lie in no class folder. */
  readonly unlabelled: readonly string[];
}

/** Files of a folder picker (`<input type="file" webkitdirectory>`). */
export function pickedFiles(list: FileList): LabelledFiles {
  return label(Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** Files of one class, added to those before; a file of the same name takes the place of an earlier one. */
export function addClass(before: LabelledFiles | null, className: string, list: FileList): LabelledFiles {
  const added = Array.from(list, (file) => ({ file, path: `${className}/${file.name}`, className }));
  const paths = new Set(added.map(({ path }) => path));
  const files = [...(before?.files ?? []).filter(({ path }) => !paths.has(path)), ...added];
  return { files, classes: classesOf(files), unlabelled: before?.unlabelled ?? [] };
}

/** Files of a drop, folders and what is in them. */
export async function droppedFiles(items: DataTransferItemList): Promise<LabelledFiles> {
  // Before the first wait: the list is empty after it.
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return label((await Promise.all(entries.map((entry) => filesOf(entry)))).flat());
}

interface PathFile {
  readonly file: File;
  readonly path: string;
}

async function filesOf(entry: FileSystemEntry): Promise<PathFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives at most a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((one) => filesOf(one)))).flat();
}

/** The class of a file is the name of its folder; hidden files and those that are no images are passed over. */
function label(found: readonly PathFile[]): LabelledFiles {
  const images = found
    .filter(({ file, path }) => isImage(file) && !path.split('/').some((part) => part.startsWith('.')))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const depth = Math.max(0, ...images.map(({ path }) => path.split('/').length));
  const unlabelled: string[] = [];
  const files: LabelledFile[] = [];
  for (const { file, path } of images) {
    const parts = path.split('/');
    // A file of the top folder, beside the folders of the classes, has no label.
    if (parts.length < 2 || parts.length < depth) unlabelled.push(path);
    else files.push({ file, path, className: parts.at(-2)! });
  }
  return { files, classes: classesOf(files), unlabelled };
}

const classesOf = (files: readonly LabelledFile[]): string[] =>
  [...new Set(files.map(({ className }) => className))].sort();

const isImage = ({ type, name }: File): boolean =>
  type.startsWith('image/') || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(name);
