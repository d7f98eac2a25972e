import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeDiagnosis } from './doctor/describe-diagnosis.ts';
import { doctor } from './doctor/doctor.ts';
import { download } from './install/download.ts';
import { install, type Installed } from './install/install.ts';
import { uninstall } from './install/uninstall.ts';
import type { DeviceChoice } from './native/location.ts';

/** Where a command writes, and what ends it early. */
export interface Shell {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
}

const help = `selfcure-tensorflow: native TensorFlow for selfcure

  install     makes a binding to TensorFlow in the cache. Uses the TensorFlow of this machine's Python, or fetches
              it with pip; needs a C++ compiler. Does nothing where one is there.
    --gpu            the CUDA build, with NVIDIA's libraries (5.6 GB on the disk instead of 0.9)
    --tf DIR         compiles for this TensorFlow: the folder that holds libtensorflow_cc.so.2
    --offline DIR    takes wheels and tarball from a folder, fetches nothing
  download DIR
              fetches into a folder what install --offline DIR takes from it; --gpu as above
  doctor      prints every step of the search for TensorFlow, versions, devices and what is missing
    --device NAME    cuda, cpu or auto: what must work (auto)
    --json           as data
  uninstall   removes what install has put into the cache

The cache is SELFCURE_CACHE, else XDG_CACHE_HOME/selfcure, else ~/.cache/selfcure.
SELFCURE_TF_BINDING names a .node file to use instead, SELFCURE_TF_DIR a TensorFlow that install --tf was given.`;

/**
 * Runs a command of `selfcure-tensorflow`. Never throws.
 *
 * @returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted.
 */
export async function main(argv: readonly string[], shell: Shell): Promise<number> {
  const { out, err, signal } = shell;
  const env = shell.env ?? process.env;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    err(`${(error as Error).message}\n\n${help}`);
    return 2;
  }
  const { command, argument, values } = parsed;
  try {
    switch (command) {
      case 'install': {
        const { gpu, tf, offline } = values;
        describeInstalled(await install({ gpu, tf, offline, signal, env, log: (line) => out(`- ${line}`) }), out);
        return 0;
      }
      case 'download': {
        const files = await download(resolve(argument), {
          gpu: values.gpu,
          signal,
          env,
          log: (line) => out(`- ${line}`),
        });
        out(
          `${files.length} files are in ${argument}; install them with: npx selfcure-tensorflow install${values.gpu ? ' --gpu' : ''} --offline ${argument}`,
        );
        return 0;
      }
      case 'doctor': {
        const diagnosis = await doctor({ device: (values.device ?? 'auto') as DeviceChoice, env });
        out(values.json ? JSON.stringify(diagnosis, null, 2) : describeDiagnosis(diagnosis));
        return diagnosis.problem === null ? 0 : 1;
      }
      case 'uninstall': {
        const { folder, bytes } = await uninstall(env);
        out(bytes === 0 ? `nothing to remove in ${folder}` : `removed ${megabytes(bytes)} from ${folder}`);
        return 0;
      }
      default:
        out(help);
        return 0;
    }
  } catch (error) {
    err(signal?.aborted ? (signal.reason as Error).message : (error as Error).message);
    return signal?.aborted ? 130 : 1;
  }
}

/** Options of the commands. */
const commands = {
  install: ['gpu', 'tf', 'offline'],
  download: ['gpu'],
  doctor: ['device', 'json'],
  uninstall: [],
  help: [],
} as const;

function parse(argv: readonly string[]) {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      gpu: { type: 'boolean' },
      tf: { type: 'string' },
      offline: { type: 'string' },
      device: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [name = 'help', ...rest] = positionals;
  const argument = name === 'download' ? (rest.shift() ?? '') : '';
  if (!Object.hasOwn(commands, name)) throw new Error(`There is no command ${name}.`);
  if (rest.length > 0) throw new Error(`${name} takes no argument ${rest[0]}.`);
  const command = values.help ? 'help' : (name as keyof typeof commands);
  for (const option of Object.keys(values)) {
    if (command !== 'help' && !(commands[command] as readonly string[]).includes(option))
      throw new Error(`${command} has no option --${option}.`);
  }
  if (command === 'download' && argument === '') throw new Error('download takes the folder to fetch into.');
  const { device } = values;
  if (device !== undefined && !['cuda', 'cpu', 'auto'].includes(device))
    throw new Error(`--device is cuda, cpu or auto, not ${device}.`);
  return { command, argument, values };
}

function describeInstalled(
  { changed, record, library, binding, seconds, bytes, test }: Installed,
  out: (text: string) => void,
): void {
  const build = { cuda: 'CUDA build', cpu: 'CPU build', unknown: 'build unknown' }[record.build];
  out(
    `TensorFlow ${record.tensorflow} (${build}) ${changed ? `is installed: ${seconds.toFixed(1)} s` : 'is there already'}, ${megabytes(bytes)} on the disk`,
  );
  out(`  libraries ${library}\n  binding   ${binding}`);
  if (test !== null) out(`  tested on ${test.gpu ? 'a GPU' : 'the CPU'}`);
  if (record.build === 'cuda' && test !== null && !test.gpu)
    out('  TensorFlow finds no GPU here: `npx selfcure-tensorflow doctor --device cuda` says what is missing');
}

const megabytes = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
