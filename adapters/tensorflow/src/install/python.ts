import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFiles } from '../native/locate.ts';
import type { LibraryBuild } from '../native/location.ts';
import { runCommand } from './run-command.ts';

/** A Python on this machine. */
export interface Python {
  readonly command: string;
  readonly version: string;
  /** Version of its pip; null where it has none. */
  readonly pip: string | null;
  /** Folder of its package tensorflow; null where it has none. */
  readonly tensorflow: string | null;
}

// find_spec reads the import path and does not import TensorFlow, which would take seconds.
const question = `
import importlib.util as u, json, platform
def where(name):
    spec = u.find_spec(name)
    return spec and spec.submodule_search_locations and list(spec.submodule_search_locations)[0]
try:
    from importlib.metadata import version
    pip = version('pip') if where('pip') else None
except Exception:
    pip = 'unknown' if where('pip') else None
print(json.dumps({'version': platform.python_version(), 'pip': pip, 'tensorflow': where('tensorflow')}))
`;

/** The Pythons of `$PYTHON`, `python3` and `python`, without doubles of the same answer. */
export async function pythons(env: NodeJS.ProcessEnv = process.env): Promise<Python[]> {
  const commands = [
    ...new Set([env['PYTHON'], 'python3', 'python'].filter((name) => name !== undefined && name !== '')),
  ];
  const found: Python[] = [];
  for (const command of commands as string[]) {
    const { code, stdout } = await runCommand(command, ['-c', question], { env, timeout: 30_000 });
    if (code !== 0) continue;
    const answer = JSON.parse(stdout) as Omit<Python, 'command'>;
    const same = found.some(
      ({ version, pip, tensorflow }) =>
        version === answer.version && pip === answer.pip && tensorflow === answer.tensorflow,
    );
    if (!same) found.push({ command, ...answer });
  }
  return found;
}

/** Why a TensorFlow folder cannot be compiled against; null where it can. */
export function unusableLibrary(folder: string): string | null {
  const missing = [...libraryFiles, 'include/tensorflow/c/eager/c_api.h'].filter(
    (name) => !existsSync(join(folder, name)),
  );
  return missing.length === 0 ? null : `it lacks ${missing.join(' and ')} (TensorFlow 2.12 or newer has them)`;
}

/** What a TensorFlow folder was built for: the wheel tells it in `python/platform/build_info.py`. */
export function libraryBuild(folder: string): LibraryBuild {
  try {
    const text = readFileSync(join(folder, 'python/platform/build_info.py'), 'utf8');
    const cuda = /is_cuda_build['"]?\s*[:=,]\s*(True|False)/.exec(text)?.[1];
    return cuda === undefined ? 'unknown' : cuda === 'True' ? 'cuda' : 'cpu';
  } catch {
    return 'unknown';
  }
}
