/** Arguments of `npm run bench:step`. */
import { jsonObject, number, oneOf, readArguments, text, wholeNumber } from './argument-values.mjs';
import { BenchError } from './error.mjs';

/** Sides that ours is compared with. */
export const peers = ['torch', 'tfjs', 'jax', 'self'];

/** Recipes whose step every side computes. */
export const recipes = ['scn', 'ce'];

export const usage = `npm run bench:step -- [arguments]

Time of one training step, our side and a peer in turns. The last line of the output is a JSON object.

network   --model NAME        default resnet18-s2
          --size N            side of the images, default 48
          --channels N        default 1
          --width FACTOR      of all channel counts, default 1
          --batch N           default 32
ours      --backend NAME      default wasm
          --threads N         default 1
          --recipe NAME       ${recipes.join(' or ')}, default scn
          --options JSON      further options of the backend, such as '{"exact":true}'
peer      --peer NAME         ${peers.join(', ')}; default torch
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
 * @property {{ name: string, threads: number, recipe: string, python?: string, own?: OwnSide }} peer `own` where it is our side again
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
  return {
    model: name('model', models, 'resnet18-s2'),
    size: whole('size', 48, 1),
    channels: whole('channels', 1, 1),
    width: number('width', given.width ?? 1, { above: 0 }),
    batch: whole('batch', 32, 2),
    ours,
    peer: peerOf(given, ours, backends),
    rounds: whole('rounds', 9, 9),
    turn: number('turn', given.turn ?? 2, { above: 0 }),
    quietWithin: number('quiet-within', given['quiet-within'] ?? 120, { from: 0 }),
    seed: whole('seed', 0, 0),
  };
}

/** The other side of the comparison. */
function peerOf(given, ours, backends) {
  const name = oneOf('peer', given.peer ?? 'torch', peers);
  const self = name === 'self';
  for (const key of ['peer-backend', 'peer-recipe', 'peer-options']) {
    if (given[key] !== undefined && !self) {
      throw new BenchError(`--${key} has no meaning with --peer ${name}. It configures --peer self`);
    }
  }
  if (given['peer-python'] !== undefined && name !== 'torch') {
    throw new BenchError(`--peer-python has no meaning with --peer ${name}. It names the interpreter of --peer torch`);
  }
  const single = name === 'tfjs' || name === 'jax';
  const threads = wholeNumber('peer-threads', given['peer-threads'] ?? (single ? 1 : ours.threads), 1);
  if (single && threads > 1) throw new BenchError(`--peer-threads ${threads}: ${name} computes on one thread in Node`);
  if (!self) {
    const python = given['peer-python'];
    return { name, threads, recipe: ours.recipe, ...(python !== undefined && { python }) };
  }
  const own = {
    backend: oneOf('peer-backend', given['peer-backend'] ?? ours.backend, backends),
    threads,
    recipe: oneOf('peer-recipe', given['peer-recipe'] ?? ours.recipe, recipes),
    options: given['peer-options'] === undefined ? ours.options : jsonObject('peer-options', given['peer-options']),
  };
  return { name, threads, recipe: own.recipe, own };
}
