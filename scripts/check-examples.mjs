/**
 * `npm run check:examples`: every `@example` of a doc comment and every TypeScript block of a README is compiled, with the names of
 * scripts/examples/prelude.ts for what an example leaves out. Examples of doc comments that leave out nothing are run, and what they
 * say that comes out is compared. Arguments choose files.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sourceOptions } from './entries.mjs';
import { collectExamples } from './examples/collect.mjs';
import { isComplete, runExamples } from './examples/run.mjs';
import { wrapper } from './examples/wrap.mjs';
import { ensureInstalled, root, run } from './workspaces.mjs';

ensureInstalled();
await import('./build-kernels.mjs');

const examples = collectExamples(process.argv.slice(2).map((path) => resolve(path)));
const folder = join(root, 'node_modules/.cache/selfcure/check-examples');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const wrap = wrapper();
const modules = new Map(examples.map((example, index) => [join(folder, `example-${index}.ts`), example]));
for (const [path, example] of modules) writeFileSync(path, wrap(example, path));
const prelude = join(root, 'scripts/examples/prelude.ts');
const config = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: {
    ...sourceOptions(),
    allowUnusedLabels: true, // `callbacks: [terminateOnNaN()]` is a part of an object
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
  },
  files: [prelude, ...modules.keys()],
};
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));

const { code, stdout, stderr } = run('tsc', ['--project', folder, '--pretty', 'false'], { quiet: true });
const problems = stdout
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const place = /^(.*?)\((\d+),\d+\): (.*)$/.exec(line);
    const example = place && modules.get(join(root, place[1]));
    // The first line of a module holds its imports.
    return example ? `${example.file}:${example.line + Number(place[2]) - 2}: ${place[3]}` : line;
  });
for (const problem of problems) console.error(problem);
if (code !== 0) {
  console.error(`${stderr}examples that do not compile: ${new Set(problems.map((line) => line.split(': ')[0])).size}`);
  process.exit(1);
}
console.log(`${examples.length} examples compile`);

const leftOut = [...readFileSync(prelude, 'utf8').matchAll(/^ {2}(?:const|let) (\w+)/gm)].map(([, name]) => name);
const complete = [...modules].filter(([, example]) => isComplete(example, leftOut));
const { compared, failures } = await runExamples(complete, wrap, folder);
for (const failure of failures) console.error(failure);
console.log(
  `${complete.length} of them are complete and run; ${compared} values compared, ${failures.length} failures`,
);
process.exit(failures.length > 0 ? 1 : 0);
