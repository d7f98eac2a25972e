import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { type Wheel, wheelPython } from './catalog.ts';
import type { Python } from './python.ts';
import { lastLines, runCommand } from './run-command.ts';

/** The folder of `--offline`, or a Python whose pip writes into `target`. */
export type WheelSource = { readonly offline: string } | { readonly python: Python; readonly target: string };

/**
 * A verified wheel: from the folder of `--offline`, else fetched by pip from the index that pip is configured for.
 *
 * @returns its path, and whether the caller may delete it.
 * @throws TensorFlowError NO_PIP, FETCH_FAILED, NO_SPACE or CHECKSUM.
 */
export async function fetchWheel(
  wheel: Wheel,
  from: WheelSource,
  signal?: AbortSignal,
): Promise<{ readonly path: string; readonly temporary: boolean }> {
  if ('offline' in from) {
    const path = join(from.offline, wheel.file);
    if (!existsSync(path)) {
      throw new TensorFlowError(
        'FETCH_FAILED',
        `${from.offline} does not hold ${wheel.file}.`,
        `Fetch it with \`pip ${pipArguments(wheel, from.offline).slice(2).join(' ')}\`.`,
      );
    }
    await verify(path, wheel.sha256, signal);
    return { path, temporary: false };
  }
  const { python, target } = from;
  const { code, stderr } = await runCommand(python.command, pipArguments(wheel, target), { signal });
  if (code !== 0) throw fetchFailure(wheel, python, stderr);
  const path = join(target, wheel.file);
  if (!existsSync(path))
    throw new TensorFlowError(
      'FETCH_FAILED',
      `pip did not fetch ${wheel.file}.`,
      'Its index serves another file under this version.',
    );
  try {
    await verify(path, wheel.sha256, signal);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, temporary: true };
}

/** Arguments for Python. Without a cache of pip's own, so that nothing stays but what is unpacked. */
function pipArguments({ name, version, platforms }: Wheel, target: string): string[] {
  return [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-deps'],
    ...['--only-binary=:all:', '--python-version', wheelPython, '--implementation', 'cp'],
    ...platforms.flatMap((platform) => ['--platform', platform]),
    ...['--dest', target, `${name}==${version}`],
  ];
}

function fetchFailure({ name, version }: Wheel, python: Python, stderr: string): TensorFlowError {
  const said = lastLines(stderr);
  if (/No space left/i.test(stderr))
    return new TensorFlowError(
      'NO_SPACE',
      `There is no room for ${name}: ${said}.`,
      'Free space, or put the cache elsewhere with SELFCURE_CACHE.',
    );
  if (/No module named pip/.test(stderr))
    return new TensorFlowError('NO_PIP', `${python.command} has no pip.`, noPipRemedy);
  const unreachable =
    /Connection|Temporary failure|Max retries|timed out|Name or service|Network is unreachable|ProxyError|SSLError/i.test(
      stderr,
    );
  return new TensorFlowError(
    'FETCH_FAILED',
    `pip could not fetch ${name} ${version}:\n${said}\n`,
    unreachable
      ? "Check the network, or pip's index and proxy (`pip config list`); without a network use --offline DIR or --tf DIR."
      : "pip's index does not serve it: name another index in pip's configuration, or use --offline DIR or --tf DIR.",
  );
}

/** What to do without pip. */
export const noPipRemedy =
  'Install one (Debian: apt install python3-pip), name a Python with the environment variable PYTHON, or use --offline DIR or --tf DIR.';

async function verify(path: string, sha256: string, signal: AbortSignal | undefined): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal === undefined ? {} : { signal });
  const digest = hash.digest('hex');
  if (digest === sha256) return;
  throw new TensorFlowError(
    'CHECKSUM',
    `${path} is not the expected file: its SHA-256 is ${digest}, not ${sha256}.`,
    'Fetch it again; if it stays so, the source serves another file.',
  );
}
