import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { bindingPackage } from './catalog.ts';
import { lastLines, runCommand } from './run-command.ts';

const names = Object.keys(bindingPackage.files) as (keyof typeof bindingPackage.files)[];
const spec = `${bindingPackage.name}@${bindingPackage.version}`;

/**
 * Writes the C++ sources of tfjs-node's binding into a folder: from an installed package of that version, else from the
 * tarball in the folder of `--offline`, else from the tarball that npm fetches. No script of the package runs. Every file
 * is checked.
 *
 * @returns where they came from.
 * @throws TensorFlowError FETCH_FAILED or CHECKSUM.
 */
export async function bindingSources(
  target: string,
  options: {
    readonly offline?: string | undefined;
    readonly modulesFrom: readonly string[];
    readonly temporary: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<string> {
  const { offline, modulesFrom, temporary, env, signal } = options;
  await mkdir(target, { recursive: true });
  const installed = modulesFrom.map(installedPackage).find((folder) => folder !== null);
  if (installed !== undefined) {
    for (const name of names) await put(target, name, readFileSync(join(installed, 'binding', name)), installed);
    return installed;
  }
  const tarball = offline === undefined ? await npmPack(temporary, env, signal) : join(offline, bindingPackage.tarball);
  if (!existsSync(tarball)) {
    throw new TensorFlowError(
      'FETCH_FAILED',
      `${offline} does not hold ${bindingPackage.tarball}.`,
      `Fetch it with \`npm pack ${spec} --pack-destination ${offline}\`.`,
    );
  }
  const entries = await parseTarGzip(verifiedTarball(tarball));
  for (const name of names) {
    const data = entries.find((entry) => entry.name === `package/binding/${name}`)?.data;
    if (data === undefined)
      throw new TensorFlowError('CHECKSUM', `${tarball} lacks binding/${name}.`, 'Fetch it again.');
    await put(target, name, data, tarball);
  }
  return spec;
}

/** Content of the tarball. Throws CHECKSUM where it is not that of the package. */
function verifiedTarball(path: string): Uint8Array {
  const bytes = readFileSync(path);
  const digest = createHash('sha512').update(bytes).digest('base64');
  if (digest === bindingPackage.sha512) return bytes;
  throw new TensorFlowError('CHECKSUM', `${path} is not ${spec}: its SHA-512 is ${digest}.`, 'Fetch it again.');
}

/** Folder of the package as a dependency of `from`; null where it is missing or of another version. */
function installedPackage(from: string): string | null {
  try {
    const manifest = createRequire(from).resolve(`${bindingPackage.name}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return version === bindingPackage.version ? dirname(manifest) : null;
  } catch {
    return null;
  }
}

async function put(
  target: string,
  name: keyof typeof bindingPackage.files,
  data: Uint8Array,
  from: string,
): Promise<void> {
  const digest = createHash('sha256').update(data).digest('hex');
  if (digest !== bindingPackage.files[name]) {
    throw new TensorFlowError(
      'CHECKSUM',
      `binding/${name} of ${from} is not the file of ${spec}.`,
      'It was edited or damaged: install the package anew, or remove it.',
    );
  }
  await writeFile(join(target, name), data);
}

/**
 * Fetches the tarball of the package with npm; no script of it runs.
 *
 * @returns its path, in `target`.
 * @throws TensorFlowError FETCH_FAILED.
 */
export async function npmPack(target: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  // Under npm and npx this is the file of npm itself; other package managers set it too.
  const path = env['npm_execpath'];
  const [command, first] =
    path !== undefined && basename(path).startsWith('npm') ? [process.execPath, [path]] : ['npm', []];
  const args = [...first, 'pack', spec, '--ignore-scripts', '--silent', '--pack-destination', target];
  const { code, stderr } = await runCommand(command, args, { cwd: target, env, signal });
  if (code === 0) return join(target, bindingPackage.tarball);
  throw new TensorFlowError(
    'FETCH_FAILED',
    code === null ? 'npm was not found.' : `npm could not fetch ${spec}:\n${lastLines(stderr)}\n`,
    "Check the network and npm's registry, or put the tarball into a folder and use --offline DIR.",
  );
}
