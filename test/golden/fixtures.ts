/**
 * Typed access to the golden fixtures: float64 results of an independent PyTorch implementation.
 * README.md beside this file describes every name and shape.
 *
 * @module
 */
/// <reference types="vite/types/importMeta.d.ts" />

/** The element types that the fixtures use. */
export type FixtureDtype = 'F64' | 'F32' | 'I32' | 'U8';

/** One stored array, row-major. */
export interface FixtureTensor {
  readonly dtype: FixtureDtype;
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** The arrays of one safetensors file. */
export interface FixtureTensors {
  /** All names, in file order. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** The array as stored; throws a RangeError for an unknown name. */
  get(name: string): FixtureTensor;
  /** A fresh copy of all values as doubles. */
  values(name: string): Float64Array;
  /** A fresh copy of the values at one index of the first axis, as doubles: `row('state/conv1/filter', 3)`. */
  row(name: string, index: number): Float64Array;
}

/** One edit of a label: sample (or index in the batch), label before, label after. */
export type LabelEdit = readonly [index: number, from: number, to: number];

/** A case of modules.json; its arrays are named `<name>/<part>`. */
export interface ModuleCase {
  readonly name: string;
  readonly note: string;
  readonly samples: number;
  readonly features: number;
  readonly classes: number;
  readonly beta: number;
  readonly margin1: number;
  readonly margin2: number;
  /** null: CE + RR; a number gamma: gamma RR + (1 - gamma) CE. */
  readonly lossMix: number | null;
  /** true: weighted logits alpha (W x + b); false: alpha W x + b. */
  readonly weightBias: boolean;
  /** null for a batch of one, which has no groups. */
  readonly highCount: number | null;
  readonly meanHigh: number | null;
  readonly meanLow: number | null;
  readonly crossEntropy: number;
  readonly rankRegularization: number;
  readonly total: number;
  /** `low` is null for a batch of one. */
  readonly relabel: { readonly low: readonly LabelEdit[] | null; readonly all: readonly LabelEdit[] };
}

/** modules.json. */
export interface ModulesMetadata {
  readonly cases: readonly ModuleCase[];
  /** Size of the high-importance group for every batch size from firstSamples to lastSamples. */
  readonly highCounts: {
    readonly firstSamples: number;
    readonly lastSamples: number;
    readonly tables: readonly { readonly beta: number; readonly counts: readonly number[] }[];
  };
}

/** Padding of one spatial axis: before, after. */
export type Padding = readonly [before: number, after: number];

/** A case of operations.json; its arrays are named `<name>/<part>`. */
export type OperationCase = { readonly name: string } & (
  | {
      readonly operation: 'conv2d';
      readonly strides: readonly [number, number];
      readonly padding: readonly [Padding, Padding];
      readonly groups: number;
    }
  | {
      readonly operation: 'maxPool2d';
      readonly size: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly padding: readonly [Padding, Padding];
    }
  | { readonly operation: 'batchNorm'; readonly training: boolean; readonly momentum: number; readonly epsilon: number }
  | { readonly operation: 'softmaxCrossEntropy' }
  | ({ readonly operation: 'adam' } & AdamOptions)
  | {
      readonly operation: 'sgd';
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
);

/** Options of Adam; `decoupled` false adds weightDecay * parameter to the gradient, true is AdamW. */
export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

/** operations.json. */
export interface OperationsMetadata {
  readonly cases: readonly OperationCase[];
}

/** The two recorded runs. */
export type GoldenPreset = 'paper' | 'official-code';

/** One training step of steps-<preset>.json. */
export interface GoldenStep {
  readonly step: number;
  /** Rows of `images` in the batch. */
  readonly samples: readonly number[];
  /** Current labels that the step trains with, one per row of the batch. */
  readonly labels: readonly number[];
  readonly loss: number;
  readonly crossEntropy: number;
  readonly rankRegularization: number;
  readonly meanHigh: number;
  readonly meanLow: number;
  /** Edits decided by this step's forward pass, by sample (a row of `images`), in order of position in the batch. */
  readonly relabels: readonly LabelEdit[];
}

/** steps-<preset>.json. */
export interface StepsMetadata {
  readonly preset: GoldenPreset;
  readonly samples: number;
  readonly batchSize: number;
  readonly classes: number;
  /** The network's input is (byte - subtract) / divide. */
  readonly image: {
    readonly height: number;
    readonly width: number;
    readonly channels: number;
    readonly subtract: number;
    readonly divide: number;
  };
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
  readonly optimizer: { readonly name: 'adam' } & AdamOptions;
  readonly scn: {
    readonly beta: number;
    readonly margin1: number;
    readonly margin2: number;
    readonly candidates: 'low' | 'all';
    readonly regularizerWeight: number;
    readonly highCount: number;
  };
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly statistics: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Smallest distance of each kind of decision from its threshold over all steps. */
  readonly margins: Readonly<Record<string, number>>;
  /** Given labels of all samples, and the current labels after the last step. */
  readonly labels: readonly number[];
  readonly finalLabels: readonly number[];
  readonly steps: readonly GoldenStep[];
}

/** Metadata and arrays of one fixture. */
export interface Fixture<Metadata> {
  readonly metadata: Metadata;
  readonly tensors: FixtureTensors;
}

const decoders: Record<FixtureDtype, (buffer: ArrayBuffer) => FixtureTensor['data']> = {
  F64: (buffer) => new Float64Array(buffer),
  F32: (buffer) => new Float32Array(buffer),
  I32: (buffer) => new Int32Array(buffer),
  U8: (buffer) => new Uint8Array(buffer),
};

interface HeaderEntry {
  readonly dtype: FixtureDtype;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Parses the bytes of a safetensors file on a little-endian host.
 *
 * @throws RangeError for a dtype that the fixtures do not use, and for an array whose bytes do not fit its shape.
 * @example parseFixture(readFileSync('modules.safetensors')).get('beta-0/alpha').shape // [8]
 */
export function parseFixture(bytes: Uint8Array): FixtureTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, HeaderEntry>;
  const tensors = new Map<string, FixtureTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const decode = decoders[dtype];
    if (decode === undefined) throw new RangeError(`Fixture array "${name}" has the unknown dtype ${dtype}.`);
    // A copy, since typed arrays need an aligned start (and `slice` of a Node Buffer makes none).
    const data = decode(new Uint8Array(bytes.subarray(start + offsets[0], start + offsets[1])).buffer);
    if (data.length !== shape.reduce((size, extent) => size * extent, 1)) {
      throw new RangeError(`Fixture array "${name}" holds ${data.length} values, its shape is [${shape.join(', ')}].`);
    }
    tensors.set(name, { dtype, shape, data });
  }
  const get = (name: string): FixtureTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new RangeError(`The fixture has no array "${name}".`);
    return tensor;
  };
  return {
    names: [...tensors.keys()],
    has: (name) => tensors.has(name),
    get,
    values: (name) => Float64Array.from(get(name).data),
    row(name, index) {
      const { shape, data } = get(name);
      const rows = shape[0];
      if (rows === undefined || !Number.isInteger(index) || index < 0 || index >= rows) {
        throw new RangeError(`Fixture array "${name}" has no row ${index}; its shape is [${shape.join(', ')}].`);
      }
      const size = data.length / rows;
      return Float64Array.from(data.subarray(index * size, (index + 1) * size));
    },
  };
}

/** All fixtures, brought in by vite: the same in Node and in a page. The arrays come as data URLs, in base64. */
const metadataFiles = import.meta.glob<unknown>('./fixtures/*.json', { eager: true, import: 'default' });
const tensorFiles = import.meta.glob<string>('./fixtures/*.safetensors', { eager: true, import: 'default', query: '?url&inline' });

function load<Metadata>(name: string): Fixture<Metadata> {
  const base64 = tensorFiles[`./fixtures/${name}.safetensors`]!.split(',')[1]!;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return { metadata: metadataFiles[`./fixtures/${name}.json`] as Metadata, tensors: parseFixture(bytes) };
}

/** The SCN modules on given features. @example goldenModules().metadata.cases.length */
export function goldenModules(): Fixture<ModulesMetadata> {
  return load('modules');
}

/** Operations and optimizers. @example goldenOperations().tensors.values('conv-1x1-s2/output') */
export function goldenOperations(): Fixture<OperationsMetadata> {
  return load('operations');
}

/** Twenty training steps. @example goldenSteps('paper').tensors.row('state/conv1/filter', 20) */
export function goldenSteps(preset: GoldenPreset): Fixture<StepsMetadata> {
  return load(`steps-${preset}`);
}
