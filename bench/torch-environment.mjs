/** An interpreter that has PyTorch: a cached virtual environment, or the system's. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from './error.mjs';

const requirements = fileURLToPath(new URL('sides/torch-requirements.txt', import.meta.url));

/** Where Debian's python3-torch is. */
const systemPython = '/usr/bin/python3';

/** What the environment and its download take at most, in bytes. */
const neededSpace = 8 * 2 ** 30;

/**
 * @param {{ python?: string, log: (line: string) => void }} options `python`: an interpreter to take as it is
 * @returns {{ python: string, source: string }} `source`: `given`, `PyPI` or `system`
 * @throws {BenchError} where no interpreter has PyTorch
 */
export function torchPython({ python, log }) {
  if (python !== undefined) {
    const fault = importFault(python);
    if (fault) throw new BenchError(`--peer-python ${python} does not import torch: ${fault}`);
    return { python, source: 'given' };
  }
  const fault = createEnvironment(log);
  if (!fault) return { python: environmentPython(), source: 'PyPI' };
  log(`No PyTorch from PyPI: ${fault}`);
  const systemFault = importFault(systemPython);
  if (!systemFault) {
    log(`Taking that of ${systemPython}. Debian's has convolutions of the same speed and a slow matrix product.`);
    return { python: systemPython, source: 'system' };
  }
  throw new BenchError(
    `peer torch: no interpreter has PyTorch. PyPI: ${fault}. ${systemPython}: ${systemFault}. ` +
      'Install python3-torch, or name an interpreter with --peer-python',
  );
}

/** Folder of the environment, another one for other requirements. */
function environmentFolder() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  return join(cache, 'selfcure', `torch-${key}`);
}

const environmentPython = (folder = environmentFolder()) => join(folder, 'bin', 'python');

/**
 * Makes the environment where it is missing.
 *
 * @returns {string | null} why it cannot be had
 */
function createEnvironment(log) {
  const folder = environmentFolder();
  if (existsSync(folder)) {
    const fault = importFault(environmentPython(folder));
    return fault && `${fault} Delete ${folder} to have it made anew`;
  }
  mkdirSync(join(folder, '..'), { recursive: true });
  const { bavail, bsize } = statfsSync(join(folder, '..'));
  if (bavail * bsize < neededSpace) {
    return `its disk has ${gibibytes(bavail * bsize)} GiB left and the environment takes up to ${gibibytes(neededSpace)}. Set XDG_CACHE_HOME to a folder on another disk`;
  }
  log(`Installing PyTorch into ${folder}, once; about 2 GB are downloaded…`);
  // Made under another name, so that an environment with the right one is always complete.
  const unfinished = `${folder}.${process.pid}`;
  try {
    const fault =
      runFault('python3', ['-m', 'venv', unfinished]) ??
      runFault(environmentPython(unfinished), [
        ...[
          '-m',
          'pip',
          'install',
          '--quiet',
          '--no-deps',
          '--disable-pip-version-check',
          '--requirement',
          requirements,
        ],
      ]) ??
      importFault(environmentPython(unfinished));
    if (fault) return fault;
    renameSync(unfinished, folder);
    return null;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Why an interpreter does not import PyTorch, null where it does. */
const importFault = (python) => runFault(python, ['-c', 'import torch, numpy']);

/** Why a program failed, in its own last line; null where it did not. */
function runFault(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return `${command}: ${error.message}.`;
  if (status === 0) return null;
  return `${command}: ${stderr.trim().split('\n').at(-1) || `exit code ${status}`}.`;
}

const gibibytes = (bytes) => (bytes / 2 ** 30).toFixed(0);
