import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesUnder, publishable, root } from '../workspaces.mjs';

const lineAt = (text, index) => text.slice(0, index).split('\n').length;
const pathOf = (file) => relative(root, file).replaceAll('\\', '/');

/** The lines of a doc comment without its margin, with the number of each. */
const bare = (comment, line) =>
  comment
    .slice(3, -2)
    .split('\n')
    .map((text, index) => ({ text: text.replace(/^\s*\* ?/, ''), line: line + index }));

/** The `@example`s of the doc comments of a file. */
function ofSource(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const examples = [];
    let example;
    for (const { text: content, line } of bare(comment, lineAt(text, index))) {
      const tag = /^\s*@(\w+)\s*(.*)$/.exec(content);
      if (tag) {
        example = tag[1] === 'example' ? { file: pathOf(file), from: file, line, lines: [tag[2]] } : undefined;
        if (example) examples.push(example);
      } else example?.lines.push(content);
    }
    return examples.map(({ lines, ...place }) => ({ ...place, code: lines.join('\n').trimEnd() }));
  });
}

/** The TypeScript of a page. */
function ofPage(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(({ 1: code, index }) => ({
    file: pathOf(file),
    line: lineAt(text, index) + 1,
    code: code.trimEnd(),
  }));
}

/**
 * The examples of files, or of all packages: those of doc comments, and the TypeScript of READMEs. `{ file, line, code }`; `from` is the
 * path of the module where there is one.
 */
export function collectExamples(files) {
  if (files.length > 0) return files.flatMap((file) => (file.endsWith('.md') ? ofPage(file) : ofSource(file)));
  return [
    ...publishable().flatMap(({ folder }) => [
      ...filesUnder(join(folder, 'src'))
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('binary/'))
        .flatMap((name) => ofSource(join(folder, 'src', name))),
      ...(existsSync(join(folder, 'README.md')) ? ofPage(join(folder, 'README.md')) : []),
    ]),
    ...ofPage(join(root, 'README.md')),
  ];
}
