/**
 * Compiles the kernels of @selfcure/wasm (AssemblyScript) for SIMD and for relaxed SIMD, and writes what TypeScript needs of
 * them into adapters/wasm/src/binary: the binaries and the layout of their parameters. Both carry the fingerprint of the
 * sources, so that precompiled kernels of another version are noticed.
 * Does nothing when sources and compiler are those of the last time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { manifestOf, root } from './workspaces.mjs';

const sources = join(root, 'adapters/wasm/kernels');
const target = join(root, 'adapters/wasm/src/binary');
const files = readdirSync(sources, { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const texts = files.map((name) => readFileSync(join(sources, name), 'utf8'));

const builds = ['simd', 'relaxed'];
const fingerprint = createHash('sha256')
  .update(readFileSync(new URL(import.meta.url)))
  .update(manifestOf(join(root, 'node_modules/assemblyscript')).version)
  .update(JSON.stringify([files, texts]))
  .digest('hex')
  .slice(0, 32);
const stamp = join(target, '.fingerprint');
const outputs = ['layouts.ts', ...builds.flatMap((build) => [`${build}.ts`, `${build}.wasm`])];
const fresh =
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === fingerprint &&
  outputs.every((name) => existsSync(join(target, name)));
if (!fresh) {
  mkdirSync(target, { recursive: true });
  const binaries = await Promise.all(builds.map(compile));
  const names = WebAssembly.Module.exports(new WebAssembly.Module(binaries[0])).map(({ name }) => name);
  writeFileSync(join(target, 'layouts.ts'), layouts(texts.join('\n'), names.sort()));
  builds.forEach((build, i) => {
    writeFileSync(join(target, `${build}.wasm`), binaries[i]);
    const text = Buffer.from(binaries[i]).toString('base64');
    writeFileSync(
      join(target, `${build}.ts`),
      `// Made by scripts/build-kernels.mjs.\nexport const binary = '${text}';\n`,
    );
  });
  writeFileSync(stamp, fingerprint);
  const bytes = binaries.map((binary) => binary.length);
  console.log(`kernels: ${names.length}; ${builds.map((build, i) => `${build} ${bytes[i]} bytes`).join(', ')}`);
}

/** One build of kernels/index.ts. */
async function compile(build) {
  let binary;
  // A maximum, so that one flag makes the memory a shared one (see heap/share-binary.ts).
  const memory = ['--importMemory', '--noExportMemory', '--maximumMemory', '65536'];
  const options = ['--runtime', 'stub', '-O3', '--noAssert', '--converge', '--enable', 'simd'];
  const relaxed = build === 'relaxed' ? ['--enable', 'relaxed-simd'] : [];
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'out.wasm', ...memory, ...options, ...relaxed], {
    readFile: (name) => (existsSync(join(sources, name)) ? readFileSync(join(sources, name), 'utf8') : null),
    writeFile: (_, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error) {
    console.error(stderr.toString());
    console.error(`the kernels do not compile (${build}): ${error.message}`);
    process.exit(1);
  }
  checkSections(binary);
  return withSection(binary, 'selfcure', fingerprint);
}

/** Refuses what would touch memory that belongs to others: data, and anything imported beside the memory. */
function checkSections(binary) {
  const number = (at) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return [value, at];
    }
  };
  for (let at = 8; at < binary.length;) {
    const id = binary[at];
    const [length, start] = number(at + 1);
    if (id === 11 || id === 12)
      throw new Error('the kernels have static data: it would overwrite the memory of others');
    if (id === 2 && number(start)[0] !== 1) throw new Error('the kernels import more than their memory');
    at = start + length;
  }
}

/** A binary with a custom section of text at its end. */
function withSection(binary, name, text) {
  const content = Buffer.concat([Buffer.of(name.length), Buffer.from(name + text)]);
  if (content.length > 127) throw new Error('the section needs a longer length');
  return Buffer.concat([binary, Buffer.of(0, content.length), content]);
}

/** TypeScript of the layouts: for every kernel the names of its parameter words in order, and which of them are floats. */
function layouts(text, kernels) {
  const classes = new Map();
  for (const [, name, body] of text.matchAll(/@unmanaged\s*export class (\w+) \{([^}]*)\}/g)) {
    const fields = [...body.matchAll(/^\s*(\w+): (usize|i32|f32);$/gm)].map(([, field, type]) => ({ field, type }));
    classes.set(name, fields);
  }
  const parametersOf = new Map(
    [...text.matchAll(/export function (\w+)\(p: (\w+), task: i32, scratch: usize\): void/g)].map((match) => [
      match[1],
      match[2],
    ]),
  );
  const rows = kernels.map((kernel) => {
    const fields = classes.get(parametersOf.get(kernel));
    if (!fields) throw new Error(`kernel '${kernel}' is no '(p: Parameters, task: i32, scratch: usize): void'`);
    const list = (names) => `[${names.map((name) => `'${name}'`).join(', ')}]`;
    const floats = fields.filter(({ type }) => type === 'f32').map(({ field }) => field);
    return `  ${kernel}: { words: ${list(fields.map(({ field }) => field))}, floats: ${list(floats)} },\n`;
  });
  return `// Made by scripts/build-kernels.mjs.\n/** Of the sources; the binaries have it in their section 'selfcure'. */\nexport const fingerprint = '${fingerprint}';\n/** Parameter words of every kernel, in order. */\nexport const layouts = {\n${rows.join('')}} as const;\n`;
}
