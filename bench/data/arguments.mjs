/** Arguments of `npm run bench:data`. */
import { availableParallelism } from 'node:os';
import { number, oneOf, readArguments, text, wholeNumber } from '../argument-values.mjs';
import { ownSide, recipes } from '../arguments.mjs';

/** Decoders that a pool knows. */
const decoders = ['portable', 'sharp'];

export const usage = `npm run bench:data -- [arguments]

How long the engine waits for pictures while it trains on JPEG files: decoded in its own thread, in threads beside it, read from a store of
decoded ones, and from memory as the control. The last line of the output is a JSON object.

files     --files N           JPEG files that are made for it, default 640
          --source N          side of their pictures, default 100
network   --model NAME        default resnet18-s2
          --size N            side to which pictures are brought, default 48
          --channels N        1 or 3, default 3
          --width FACTOR      of all channel counts, default 1
          --batch N           default 32
ours      --backend NAME      default wasm
          --threads N         of the engine, default as many as there are processors
          --recipe NAME       ${recipes.join(' or ')}, default scn
          --options JSON      further options of the backend, such as '{"exact":true}'
          --decode-threads N  default 2
          --decoder NAME      ${decoders.join(' or ')}, default portable
measuring --rounds N          at least 6, default 9
          --steps N           of each source in a round, default 6
          --quiet-within SECONDS
                              how long to wait for other processes, in all; default 120
          --seed N            of weights, order and pictures, default 0`;

const specification = {
  files: text,
  source: text,
  model: text,
  size: text,
  channels: text,
  width: text,
  batch: text,
  backend: text,
  threads: text,
  recipe: text,
  options: text,
  'decode-threads': text,
  decoder: text,
  rounds: text,
  steps: text,
  'quiet-within': text,
  seed: text,
  help: { type: 'boolean', short: 'h' },
};

/**
 * @typedef {object} DataArguments
 * @property {number} files
 * @property {number} source side of the stored pictures
 * @property {string} model
 * @property {number} size
 * @property {1 | 3} channels
 * @property {number} width
 * @property {number} batch
 * @property {import('../arguments.mjs').OwnSide} ours
 * @property {number} decodeThreads
 * @property {'portable' | 'sharp'} decoder
 * @property {number} rounds
 * @property {number} steps
 * @property {number} quietWithin seconds
 * @property {number} seed
 */

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @param {{ models: readonly string[], backends: readonly string[] }} known names
 * @returns {DataArguments | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv, { models, backends }) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  const whole = (key, otherwise, from) => wholeNumber(key, given[key] ?? otherwise, from);
  return {
    files: whole('files', 640, 2),
    source: whole('source', 100, 16),
    model: oneOf('model', given.model ?? 'resnet18-s2', models),
    size: whole('size', 48, 16),
    channels: Number(oneOf('channels', String(given.channels ?? 3), ['1', '3'])),
    width: number('width', given.width ?? 1, { above: 0 }),
    batch: whole('batch', 32, 2),
    ours: ownSide({ ...given, threads: given.threads ?? String(availableParallelism()) }, backends),
    decodeThreads: whole('decode-threads', 2, 1),
    decoder: oneOf('decoder', given.decoder ?? 'portable', decoders),
    rounds: whole('rounds', 9, 6),
    steps: whole('steps', 6, 1),
    quietWithin: number('quiet-within', given['quiet-within'] ?? 120, { from: 0 }),
    seed: whole('seed', 0, 0),
  };
}
