import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../workspaces.mjs';

/** What needs more than the packages: files of the user, packages that are not installed, devices, servers. */
const needs =
  /\b(?:openFolder|readDataPath|readFer\w+|ferDataset\w*|weakDataset|picturePool|sharpDecoder|loadModel|saveModel|loadRecalibrations|fileStore|main|loadDlibFace|loadFaceDetector|featureCache|fileSystemStore|tensorflow|webgpu|localStorage|wasmPath)\b/;

/** Whether an example uses a name that it does not declare; as a property it does not count. */
function uses(code, name) {
  const free = new RegExp(`(?:\\.{3}|(?<![.\\w'/-]))${name}\\b(?!\\s*:|['-])`);
  const declares = new RegExp(`\\b(?:const|let)\\s+(?:${name}\\b|[{[][^=]*\\b${name}\\b[^=]*[}\\]]\\s*(?:=|of))`);
  return free.test(code.replaceAll(/\/\/.*$/gm, '')) && !declares.test(code);
}

/** Examples that say all that they need. */
export function isComplete({ from, code }, leftOut) {
  return from !== undefined && !needs.test(code) && !leftOut.some((name) => uses(code, name));
}

/** A program's line that says what it gives: `accuracy([0, 1], [0, 0], 2) // 0.5`. */
const saying = /^(?!(?:const|let|import|for|if|throw|return|await train)\b)([^\s/}].*?);?\s*\/\/ (.+)$/;

/** The text of a module that tells `says` of every line that says what it gives. */
const telling = (text) =>
  text
    .split('\n')
    .map((line, index) => {
      const [, expression, said] = saying.exec(line) ?? [];
      return said === undefined ? line : `await says(${index}, (${expression}), ${JSON.stringify(said)});`;
    })
    .join('\n');

/**
 * Runs modules of complete examples on the built packages, and compares what they give with what they say. `modules` are
 * `[path, example]`; gives a sentence for each that throws or says something else, and how many values were compared.
 */
export async function runExamples(modules, wrap, folder) {
  const { build } = await import('esbuild');
  const files = modules.map(([, example], index) => {
    const path = join(folder, `run-${index}.ts`);
    const text = telling(wrap(example, path));
    writeFileSync(path, `import { says } from './says.mjs';${text}`);
    return `./run-${index}.ts`;
  });
  copyFileSync(new URL('says.mjs', import.meta.url), join(folder, 'says.mjs'));
  const calls = files.map((file, index) => `await attempt(${index}, () => import('${file}'));`).join('\n');
  writeFileSync(join(folder, 'run.mjs'), `import { attempt, report } from './says.mjs';\n${calls}\nreport();\n`);
  const outdir = join(folder, 'run');
  await build({
    entryPoints: [join(folder, 'run.mjs')],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const { code, stdout, stderr } = run('node', [join(outdir, 'run.mjs')], { quiet: true });
  const answer = stdout.split('\n').findLast((line) => line.startsWith('{"compared"'));
  if (code !== 0 || answer === undefined) throw new Error(`the examples ended with code ${code}: ${stderr}`);
  const { compared, failures } = JSON.parse(answer);
  const sentences = failures.map(({ index, line, problem }) => {
    const { file, line: first } = modules[index][1];
    return `${file}:${first + Math.max(0, line - 1)}: ${problem}`;
  });
  return { compared, failures: sentences };
}
