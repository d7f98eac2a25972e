/** Arguments of `npm run bench:step`. */
import { jsonObject, number, oneOf, readArguments, text, wholeNumber } from './argument-values.mjs';
import { BenchError } from './error.mjs';

/** Sides that ours is compared with. */
export const peers = ['torch', 'tfjs', 'jax', 'self'];

/** Where our side runs: in a process of Node, or in a page of Chromium. */
export const places = ['node', 'chromium'];

/** Sizes of the problem where none are given; `small` is for engines on slow adapters. */
const defaultSizes = { size: 48, channels: 1, batch: 32 };
const smallSizes = { size: 12, channels: 3, batch: 8 };

/** Recipes whose step every side computes. */
export const recipes = ['scn', 'ce'];

export const usage = `npm run bench:step -- [arguments]

Time of one training step, our side and a peer in turns. The last line of the output is a JSON object.

network   --model NAME        default resnet18-s2; small is for WebGPU on software adapters
          --size N            side of the images, default 48; of small 12
          --channels N        default 1; of small 3
          --width FACTOR      of all channel counts, default 1
          --batch N           default 32; of small 8
ours      --backend NAME      default wasm
          --where PLACE       ${places.join(' or ')}, default node; with --backend webgpu, for both sides
          --threads N         default 1
          --recipe NAME       ${recipes.join(' or ')}, default scn
          --options JSON      further options of the backend, such as '{"exact":true}'
peer      --peer NAME         ${peers.join(', ')}; default torch, with --backend webgpu jax.
                              tfjs and jax compute on WebGPU beside --backend webgpu, else on WebAssembly
          --peer-threads N    default: ours; tfjs and jax have 1
          --peer-backend NAME, --peer-recipe NAME, --peer-options JSON
                              with --peer self; default: ours
          --peer-python PATH  with --peer torch: an interpreter that has PyTorch
measuring --rounds N          at least 9, default 9
          --turn SECONDS      time of one side in a round, default 2; at least one step
          --quiet-within SECONDS
                              how long to wait for other processes, in all; default 120
          --seed N            of weights and images, default 0`;

const specification = {
  model: text,
  size: text,
  channels: text,
  width: text,
  batch: text,
  backend: text,
  where: text,
  threads: text,
  recipe: text,
  options: text,
  peer: text,
  'peer-threads': text,
  'peer-backend': text,
  'peer-recipe': text,
  'peer-options': text,
  'peer-python': text,
  rounds: text,
  turn: text,
  'quiet-within': text,
  seed: text,
  help: { type: 'boolean', short: 'h' },
};

/**
 * A configuration of our own side.
 *
 * @typedef {{ backend: string, threads: number, recipe: string, options: object }} OwnSide
 */

/**
 * @typedef {object} StepArguments
 * @property {string} model
 * @property {number} size
 * @property {number} channels
 * @property {number} width
 * @property {number} batch
 * @property {OwnSide} ours
 * @property {string} where one of {@link places}
 * @property {{ name: string, threads: number, recipe: string, device?: string, python?: string, own?: OwnSide }} peer `own` where it
 *   is our side again; `device` of a library in JavaScript: `wasm` or `webgpu`
 * @property {number} rounds
 * @property {number} turn seconds
 * @property {number} quietWithin seconds
 * @property {number} seed
 */

/**
 * Our side, as `--backend`, `--threads`, `--recipe` and `--options` give it.
 *
 * @param {Readonly<Record<string, string>>} given
 * @param {readonly string[]} backends known names
 * @returns {OwnSide}
 */
export function ownSide(given, backends) {
  return {
    backend: oneOf('backend', given.backend ?? 'wasm', backends),
    threads: wholeNumber('threads', given.threads ?? 1, 1),
    recipe: oneOf('recipe', given.recipe ?? 'scn', recipes),
    options: jsonObject('options', given.options ?? '{}'),
  };
}

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @param {{ models: readonly string[], backends: readonly string[] }} known names
 * @returns {StepArguments | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv, { models, backends }) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  const name = (key, known, otherwise) => oneOf(key, given[key] ?? otherwise, known);
  const whole = (key, otherwise, from) => wholeNumber(key, given[key] ?? otherwise, from);

  const ours = ownSide(given, backends);
  const model = name('model', models, 'resnet18-s2');
  const sizes = model === 'small' ? smallSizes : defaultSizes;
  const where = name('where', places, 'node');
  const peer = peerOf(given, ours, backends);
  if (where === 'chromium') checkPage(ours, peer);
  return {
    model,
    size: whole('size', sizes.size, 1),
    channels: whole('channels', sizes.channels, 1),
    width: number('width', given.width ?? 1, { above: 0 }),
    batch: whole('batch', sizes.batch, 2),
    ours,
    where,
    peer,
    rounds: whole('rounds', 9, 9),
    turn: number('turn', given.turn ?? 2, { above: 0 }),
    quietWithin: number('quiet-within', given['quiet-within'] ?? 120, { from: 0 }),
    seed: whole('seed', 0, 0),
  };
}

/** What runs in a page: engines and libraries on WebGPU. */
function checkPage(ours, { name, own }) {
  const [key, backend] =
    ours.backend === 'webgpu' ? ['peer-backend', own?.backend ?? 'webgpu'] : ['backend', ours.backend];
  if (backend !== 'webgpu')
    throw new BenchError(`--where chromium measures WebGPU. Give --${key} webgpu, or --where node`);
  if (name === 'torch') throw new BenchError('--where chromium has no --peer torch. Known there: tfjs, jax, self');
}

/** The other side of the comparison. */
function peerOf(given, ours, backends) {
  const device = ours.backend === 'webgpu' ? 'webgpu' : 'wasm';
  const name = oneOf('peer', given.peer ?? (device === 'webgpu' ? 'jax' : 'torch'), peers);
  const self = name === 'self';
  for (const key of ['peer-backend', 'peer-recipe', 'peer-options']) {
    if (given[key] !== undefined && !self) {
      throw new BenchError(`--${key} has no meaning with --peer ${name}. It configures --peer self`);
    }
  }
  if (given['peer-python'] !== undefined && name !== 'torch') {
    throw new BenchError(`--peer-python has no meaning with --peer ${name}. It names the interpreter of --peer torch`);
  }
  const library = name === 'tfjs' || name === 'jax';
  const threads = wholeNumber('peer-threads', given['peer-threads'] ?? (library ? 1 : ours.threads), 1);
  if (library && threads > 1) throw new BenchError(`--peer-threads ${threads}: ${name} computes on one thread in Node`);
  if (!self) {
    const python = given['peer-python'];
    return { name, threads, recipe: ours.recipe, ...(library && { device }), ...(python !== undefined && { python }) };
  }
  const own = {
    backend: oneOf('peer-backend', given['peer-backend'] ?? ours.backend, backends),
    threads,
    recipe: oneOf('peer-recipe', given['peer-recipe'] ?? ours.recipe, recipes),
    options: given['peer-options'] === undefined ? ours.options : jsonObject('peer-options', given['peer-options']),
  };
  return { name, threads, recipe: own.recipe, own };
}
