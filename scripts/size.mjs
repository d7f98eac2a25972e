/**
 * Size budgets: bundles the built entries as a browser build would, minified, and compares their gzip size with
 * size-budgets.json (kB of 1000 bytes). A row names what it imports (everything, or the names listed), the conditions of
 * a platform other than browsers, what stays outside, and the packages that may not be inside; or files, whose own size
 * counts, not compressed and all together. Fails when a row is over budget, holds a forbidden package, cannot be bundled,
 * or names a file that is not there.
 * `--config FILE` reads other budgets; their relative imports and files start at that file.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './workspaces.mjs';

const flag = process.argv.indexOf('--config');
const config = flag < 0 ? join(root, 'scripts', 'size-budgets.json') : resolve(process.argv[flag + 1]);
const rows = JSON.parse(readFileSync(config, 'utf8'));

/** Sizes in bytes, which of them the budget is for, and the packages inside that must not be. */
const measure = (row) => (row.files ? measureFiles(row) : measureBundle(row));

function measureFiles(row) {
  const contents = row.files.map((path) => readFileSync(resolve(dirname(config), path)));
  const total = (sizes) => sizes.reduce((sum, size) => sum + size, 0);
  const plain = total(contents.map(({ length }) => length));
  const gzip = total(contents.map((content) => gzipSync(content, { level: 9 }).length));
  return { plain, gzip, counts: 'plain', forbidden: [] };
}

async function measureBundle(row) {
  const result = await build({
    stdin: {
      contents: row.import
        .map((name, index) => {
          const what = row.names ? `{ ${row.names.join(', ')} }` : `* as _${index}`;
          return `export ${what} from ${JSON.stringify(name)};`;
        })
        .join('\n'),
      resolveDir: dirname(config),
    },
    nodePaths: [join(root, 'node_modules')],
    external: row.external,
    ...(row.conditions && { conditions: row.conditions }),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const inside = Object.keys(result.metafile.inputs);
  const forbidden = row.forbid.filter((name) => inside.some((path) => path.includes(`node_modules/${name}/`)));
  const { contents } = result.outputFiles[0];
  return { plain: contents.length, gzip: gzipSync(contents, { level: 9 }).length, counts: 'gzip', forbidden };
}

const widest = Math.max(...rows.map((row) => row.name.length));
const line = (name, ...cells) => name.padEnd(widest) + cells.map((text) => String(text).padStart(10)).join('');
const failures = [];
console.log(line('bundle', 'kB', 'gzip kB', 'budget'));
for (const row of rows) {
  try {
    const { counts, forbidden, ...bytes } = await measure(row);
    const over = bytes[counts] > row.limit * 1000;
    const sizes = line(row.name, (bytes.plain / 1000).toFixed(2), (bytes.gzip / 1000).toFixed(2), row.limit);
    console.log(`${sizes}  ${over ? 'over budget' : 'ok'}`);
    if (over) failures.push(`${row.name}: ${bytes[counts]} bytes ${counts}, budget ${row.limit * 1000}`);
    for (const name of forbidden) failures.push(`${row.name}: the bundle contains ${name}`);
  } catch (error) {
    console.log(`${line(row.name)}  not measured`);
    for (const { text } of error.errors ?? [{ text: error.message }]) failures.push(`${row.name}: ${text}`);
  }
}
for (const failure of failures) console.error(`size: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
