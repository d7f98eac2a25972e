/** Arguments of `npm run bench:epoch`. */
import { number, oneOf, readArguments, text, wholeNumber } from '../argument-values.mjs';
import { ownSide, recipes } from '../arguments.mjs';
import { BenchError } from '../error.mjs';

/** Images of FER2013's training split that have a majority of FER+'s votes, as `--data` reads them. */
const ferTrainingImages = 25_060;

export const usage = `npm run bench:epoch -- [arguments]

Time and memory of one epoch of train(), beside the memory of PyTorch's steps. The last line of the output is a JSON object.

data      --data FOLDER       holds Kaggle's fer2013.csv and FER+'s fer2013new.csv; the training images that have a
                              majority of the votes. Default: procedural faces
          --samples N         of procedural faces, default ${ferTrainingImages}
network   --model NAME        default resnet18-s2
          --width FACTOR      of all channel counts, default 0.5
          --batch N           default 32
ours      --backend NAME      default wasm
          --threads N         default 1
          --recipe NAME       ${recipes.join(' or ')}, default scn
          --options JSON      further options of the backend, such as '{"exact":true}'
peer      --peer NAME         torch or none, default torch
          --peer-python PATH  an interpreter that has PyTorch
measuring --quiet-within SECONDS
                              how long to wait for other processes, default 120
          --seed N            of weights, order and procedural faces, default 0`;

const specification = {
  data: text,
  samples: text,
  model: text,
  width: text,
  batch: text,
  backend: text,
  threads: text,
  recipe: text,
  options: text,
  peer: text,
  'peer-python': text,
  'quiet-within': text,
  seed: text,
  help: { type: 'boolean', short: 'h' },
};

/**
 * @typedef {object} EpochArguments
 * @property {string | null} data folder of the FER files; null: procedural faces
 * @property {number} samples procedural faces
 * @property {string} model
 * @property {number} width
 * @property {number} batch
 * @property {import('../arguments.mjs').OwnSide} ours
 * @property {{ name: 'torch', python?: string } | null} peer
 * @property {number} quietWithin seconds
 * @property {number} seed
 */

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @param {{ models: readonly string[], backends: readonly string[] }} known names
 * @returns {EpochArguments | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv, { models, backends }) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  const whole = (key, otherwise, from) => wholeNumber(key, given[key] ?? otherwise, from);
  if (given.data !== undefined && given.samples !== undefined)
    throw new BenchError('--samples has no meaning with --data. It counts procedural faces');
  const python = given['peer-python'];
  const peer = oneOf('peer', given.peer ?? 'torch', ['torch', 'none']);
  if (peer === 'none' && python !== undefined)
    throw new BenchError('--peer-python has no meaning with --peer none. It names the interpreter of --peer torch');
  return {
    data: given.data ?? null,
    samples: whole('samples', ferTrainingImages, 1),
    model: oneOf('model', given.model ?? 'resnet18-s2', models),
    width: number('width', given.width ?? 0.5, { above: 0 }),
    batch: whole('batch', 32, 2),
    ours: ownSide(given, backends),
    peer: peer === 'torch' ? { name: peer, ...(python !== undefined && { python }) } : null,
    quietWithin: number('quiet-within', given['quiet-within'] ?? 120, { from: 0 }),
    seed: whole('seed', 0, 0),
  };
}
