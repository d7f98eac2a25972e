/**
 * Names that the examples of doc comments and READMEs use without saying where they come from (see scripts/check-examples.mjs). A name stands
 * for one thing in all packages: an example that means another one gives it another name, or says where it comes from. What packages
 * export needs no line here.
 */
import type * as fs from 'node:fs';
import type * as promises from 'node:fs/promises';
import type * as zlib from 'node:zlib';
import type * as aws from 'aws4fetch';
import type * as ioredis from 'ioredis';
import type * as unstorage from 'unstorage';
import type kvBinding from 'unstorage/drivers/cloudflare-kv-binding';
import type redis from 'unstorage/drivers/redis';
import type { Audit, Evidence } from '@selfcure/audit';
import type {
  Dataset,
  defineRelabel,
  Evaluation,
  Loss,
  Method,
  Model,
  ModelMode,
  Run,
  TrainOptions,
} from '@selfcure/core';
import type { CsvRecords } from '@selfcure/data';
import type { SampleTable } from '@selfcure/data/node';
import type { Experiment, Job, OutcomeStore, Result, RunPlace, RunSpec, Summary } from '@selfcure/experiments';
import type { FaceCropper, FeatureDataset, Picture, PretrainedModel } from '@selfcure/models';
import type { ComparisonInput } from '@selfcure/report';
import type { SliceStore } from '@selfcure/slices';
import type {
  Backend,
  Capabilities,
  BatchNormSteps,
  Builder,
  ElementWiseSteps,
  Fuser,
  Graph,
  Kernel,
  KernelTable,
  NamedArrays,
  Node,
  Ops,
  Program,
  State,
  Step,
} from '@selfcure/tensor';

type Relabel = ReturnType<typeof defineRelabel<'agreement', { start?: number; margin: number }>>;

declare global {
  // A training. `train({ ...options })` is whole; `train({ recipe, ...rest })` adds what the example is about.
  const options: TrainOptions;
  const rest: Omit<TrainOptions, 'recipe'>;
  const backend: Backend;
  const model: Model;
  const recipe: Method;
  const data: Dataset;
  const test: Dataset;
  let run: Run;
  const evaluation: Evaluation;
  const agreement: Relabel;
  const myLoss: (options: { readonly lambda: number }) => Loss;

  // What a network and people say of N samples of 7 classes.
  const given: Int32Array;
  const labels: Int32Array;
  const truth: Int32Array;
  const predicted: Int32Array;
  const verified: Int32Array;
  const isVerified: Uint8Array;
  const probabilities: Float32Array;
  const testProbabilities: Float32Array;
  const transition: number[][];
  const posterior: Float64Array;
  const evidence: Evidence;
  const audit: Audit;
  const suspicion: Float64Array;
  /** Of all samples, of the verified ones, and whether the label of each of these is wrong. */
  const scores: Float64Array;
  const verifiedScores: Float64Array;
  const wrong: Uint8Array;
  /** Calibrated scores. */
  const sure: Float64Array;

  // Data sets, files and pictures.
  const table: SampleTable;
  const faces: Dataset;
  const others: Dataset;
  const records: CsvRecords;
  const folder: string;
  const text: string;
  const error: unknown;
  const bytes: Uint8Array;
  const image: Uint8Array;
  const pixels: Uint8Array;
  const picture: Picture;
  const cropper: FaceCropper;
  const face: PretrainedModel;
  const backbone: PretrainedModel;
  const features: FeatureDataset;
  /** A linear head that was trained on features. */
  const linear: Run;

  // Experiments and reports.
  const base: RunSpec;
  const spec: RunSpec;
  const place: RunPlace;
  const experiment: Experiment;
  const jobs: readonly Job[];
  const results: readonly Result[];
  const outcomes: OutcomeStore;
  const summary: Summary;
  const input: ComparisonInput;
  const title: string;
  const manifest: Readonly<Record<string, never>>;

  // Slices, and what delivers them.
  const store: SliceStore;
  const until: number;
  const url: string;
  const accessKeyId: string;
  const secretAccessKey: string;
  const binding: object;
  const queue: { send(message: unknown, options?: { delay?: number; id?: string }): Promise<void> };

  // Graphs.
  const ops: Ops;
  const x: Node;
  const images: Node;
  const node: Node;
  const mode: ModelMode;
  const graph: Graph;
  const builder: Builder;
  const inputs: NamedArrays;
  const values: Float32Array;
  const state: State;
  const program: Program;

  // An engine: what it claims, its steps, and kernels over values of a kind of its own.
  const claims: (node: Node) => true | string;
  const fusers: readonly Fuser<Step>[];
  const build: (node: Node) => readonly Step[];
  const copy: (from: Node, to: Node) => Step;
  const batchNormSteps: BatchNormSteps<Step>;
  const elementWiseSteps: ElementWiseSteps<Step>;
  const stepBuilders: Readonly<Record<string, (node: Node) => readonly Step[]>>;
  const formulas: Readonly<Record<string, string>>;
  const wgslOf: (nodes: readonly Node[]) => string;
  const capabilities: Capabilities;
  const kernelTable: KernelTable<Float32Array>;
  const kernels: Readonly<Record<string, Kernel<Float32Array>>>;
  const upload: KernelTable<Float32Array>['upload'];
  const download: KernelTable<Float32Array>['download'];
  const share: KernelTable<Float32Array>['share'];
  const dispose: KernelTable<Float32Array>['dispose'];
  const tasks: number;
  const rows: number;
  const columns: number;
  const channels: number;
  const adapter: GPUAdapter;

  // Of other packages.
  const writeFile: typeof promises.writeFile;
  const readFile: typeof promises.readFile;
  const writeFileSync: typeof fs.writeFileSync;
  const appendFileSync: typeof fs.appendFileSync;
  const deflateSync: typeof zlib.deflateSync;
  const Redis: typeof ioredis.Redis;
  const AwsClient: typeof aws.AwsClient;
  const createStorage: typeof unstorage.createStorage;
  const redisDriver: typeof redis;
  const cloudflareKv: typeof kvBinding;
}
