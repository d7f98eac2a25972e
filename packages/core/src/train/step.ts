import { trace } from '@selfcure/tensor';
import type { Graph, Operand, Ops, StateSpec, Tensor } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import { classifier } from '../head/classifier.ts';
import type { BatchTensors, Column, Method, NamedTensors, NetOutputs } from '../method.ts';
import type { Model } from '../model.ts';
import { clipGradients } from '../optimizer/clip-gradients.ts';
import type { GradientClipping } from '../optimizer/clip-gradients.ts';
import type { Optimizer, ParameterGradient } from '../optimizer/optimizer.ts';

/** What {@link trainingStep} and {@link evaluationStep} trace. */
export interface StepOptions {
  readonly model: Model;
  readonly method: Method;
  readonly batchSize: number;
}

/** What a training step needs beside it. */
export interface TrainingStepOptions extends StepOptions {
  readonly optimizer: Optimizer;
  readonly clip?: GradientClipping;
  /** Keeps an exponential average of the weights as statistics `average/<name>`; its decay is the input `averageDecay`. */
  readonly averageWeights?: boolean;
  /** Whether a parameter is left as it is. */
  readonly frozen?: (name: string) => boolean;
  /**
   * Parts of the batch, each with batch statistics, loss and regularizers of its own; the update takes the mean of their gradients.
   * Default 1.
   */
  readonly shards?: number;
  /** Workers that run this step on batches of their own; what the update takes is averaged over them. Default 1. */
  readonly workers?: number;
}

/** Name of the average of a parameter or statistic. */
export const averageName = (name: string): string => `average/${name}`;

/** Traces the networks of a method over one batch of images. */
function forward(ops: Ops, { model, method }: StepOptions, images: Tensor, training: boolean): NetOutputs[] {
  const one = (): NetOutputs => {
    const features = model.apply(ops, images, { training });
    const { logits, bias } = classifier(ops, features, model.classes);
    const extras = (method.needs.heads ?? []).map(
      (head) => [head.name, ops.scope(head.name, () => head.apply(ops, features))] as const,
    );
    return { features, logits, bias, extras: Object.fromEntries(extras) };
  };
  return method.needs.nets === 2 ? ['net1', 'net2'].map((name) => ops.scope(name, one)) : [one()];
}

function imagesOf(ops: Ops, { model, batchSize }: StepOptions): Tensor {
  return ops.input('images', [batchSize, ...model.inputShape]);
}

/** Probabilities of one network, raw and as the method weighs them. */
function probabilities(ops: Ops, method: Method, net: NetOutputs): NamedTensors {
  return {
    probabilities: ops.softmax(net.logits),
    ...(method.logits && { weightedProbabilities: ops.softmax(method.logits(ops, net)) }),
    ...(net.extras['importance'] && { importance: net.extras['importance'] }),
  };
}

/** Averages every output over the networks. */
function ensemble(ops: Ops, outputs: readonly NamedTensors[]): NamedTensors {
  return mapped(outputs[0]!, (name) =>
    meanOf(
      ops,
      outputs.map((one) => one[name]!),
    ),
  );
}

/**
 * The whole training step as one graph: forward pass, loss, gradients, update.
 *
 * Inputs: `images` [N, height, width, channels], `targets` [N, C], `weight` [N], `remembered/<column>` and the optimizer's
 * scalars. Outputs, all from before the update: `loss` (scalar), `objective` (loss and terms), `perSample` [N] (mean over networks),
 * `probabilities` [N, C], `weightedProbabilities` [N, C] and `importance` [N] where the method has them, `highGroup` [N]
 * where it makes groups, `term/<name>`, `remember/<name>`. Scalars are means over shards and workers, rows those of this worker.
 *
 * @throws OptionError where the loss gives a count of losses that differs from the networks', or a column has no source.
 * @example const program = await backend.compile(trainingStep({ model, method: scn(), batchSize: 32, optimizer: adam() }));
 */
export function trainingStep(options: TrainingStepOptions): Graph {
  const { method, batchSize, optimizer, clip, averageWeights = false, frozen = () => false } = options;
  const { shards = 1, workers = 1 } = options;
  return trace((ops) => {
    const across = (x: Tensor): Tensor => (workers > 1 ? ops.allReduceMean(x) : x);
    const batch = batchInputs(ops, options);
    const averages = deferAverages(ops);
    const share = batchSize / shards;
    const parts = Array.from({ length: shards }, (_, i) =>
      shardStep(averages.ops, options, rowsOf(ops, batch, i * share, (i + 1) * share)),
    );
    averages.record((values) => across(meanOf(ops, values)));
    const mean = (pick: (part: ShardStep) => Tensor): Tensor => meanOf(ops, parts.map(pick));
    const objective = mean((part) => part.objective);

    const declared = ops.declared();
    checkNames(declared);
    const trained = declared.filter(({ name, kind }) => kind === 'parameter' && !frozen(name));
    const parameters = trained.map(({ name }) => ops.read(name));
    const gradients = ops.gradients(objective, parameters);
    const pairs: ParameterGradient[] = trained.flatMap(({ name }, i) =>
      gradients[i] ? [{ name, parameter: parameters[i]!, gradient: across(gradients[i]) }] : [],
    );
    if (pairs.length === 0)
      throw new OptionError(`method '${method.name}': the loss depends on no trained parameter. Freeze fewer layers`);
    ops.scope('optimizer', () => optimizer.update(ops, clip ? clipGradients(ops, pairs, clip) : pairs));
    if (averageWeights) {
      for (const { name, shape, init } of declared) {
        ops.statistic(averageName(name), shape, init); // starts where the value starts: see initialState
        ops.ema(averageName(name), ops.read(name), ops.input('averageDecay', []));
      }
    }
    const { terms, rows } = parts[0]!;
    return {
      loss: across(mean((part) => part.loss)),
      objective: across(objective),
      ...mapped(terms, (name) => across(mean((part) => part.terms[name]!))),
      ...mapped(rows, (name) => (shards > 1 ? ops.concatRows(parts.map((part) => part.rows[name]!)) : rows[name]!)),
    };
  });
}

/** What a shard of a batch gives: scalars, and values with a row for every sample. */
interface ShardStep {
  readonly loss: Tensor;
  readonly objective: Tensor;
  readonly terms: NamedTensors;
  readonly rows: NamedTensors;
}

/** Forward pass and loss of one shard. */
function shardStep(
  ops: Ops,
  options: TrainingStepOptions,
  { images, ...batch }: BatchTensors & { readonly images: Tensor },
): ShardStep {
  const { method } = options;
  const nets = forward(ops, options, images, true);
  const { perSample, terms, lossWeight = 1, remember = {}, highGroup } = method.loss(ops, nets, batch);
  if (perSample.length !== nets.length) {
    throw new OptionError(
      `method '${method.name}' gave ${perSample.length} loss(es) for ${nets.length} network(s). Give one per network`,
    );
  }
  const selected = method.select?.(ops, perSample, batch);
  const losses = perSample.map((loss, i) =>
    weightedMean(ops, loss, selected ? ops.mul(batch.weight, selected[i]!) : batch.weight),
  );
  const loss = losses.reduce((sum, one) => ops.add(sum, one));
  const rows = {
    perSample: meanOf(ops, perSample),
    ...ensemble(
      ops,
      nets.map((net) => probabilities(ops, method, net)),
    ),
    ...(highGroup && { highGroup }),
    ...prefixed('remember', remember),
  };
  checkOutputs(method, rows);
  return {
    loss,
    objective: Object.values(terms).reduce((sum, term) => ops.add(sum, term), ops.mul(loss, lossWeight)),
    terms: prefixed('term', terms),
    rows,
  };
}

/** The batch as it is uploaded. */
function batchInputs(ops: Ops, options: StepOptions): BatchTensors & { readonly images: Tensor } {
  const { model, method, batchSize: size } = options;
  const fed = columnsOf(method).filter((column) => column.feed);
  return {
    images: imagesOf(ops, options),
    size,
    classes: model.classes,
    targets: ops.input('targets', [size, model.classes]),
    weight: ops.input('weight', [size]),
    remembered: Object.fromEntries(
      fed.map(({ name, width }) => [
        name,
        ops.input(`remembered/${name}`, width === 'one' ? [size] : [size, model.classes]),
      ]),
    ),
  };
}

/** Samples [from, to) of a batch. */
function rowsOf(
  ops: Ops,
  { images, targets, weight, remembered, classes }: ReturnType<typeof batchInputs>,
  from: number,
  to: number,
): ReturnType<typeof batchInputs> {
  const cut = (x: Tensor): Tensor => ops.rows(x, from, to);
  return {
    images: cut(images),
    size: to - from,
    classes,
    targets: cut(targets),
    weight: cut(weight),
    remembered: mapped(remembered, (name) => cut(remembered[name]!)),
  };
}

/**
 * Operations whose running averages wait until `record`, so that the shards of a batch move each of them once, by what `combine`
 * makes of their values.
 */
function deferAverages(ops: Ops): { ops: Ops; record(combine: (values: readonly Tensor[]) => Tensor): void } {
  const waiting = new Map<string, { readonly decay: Operand; readonly values: Tensor[] }>();
  return {
    ops: {
      ...ops,
      ema: (name, value, decay) => {
        const { values } = waiting.get(name) ?? { values: [] };
        waiting.set(name, { decay, values: [...values, value] });
        return value;
      },
    },
    record: (combine) => {
      for (const [name, { decay, values }] of waiting) ops.ema(name, combine(values), decay);
    },
  };
}

/** Mean of values of one shape. */
function meanOf(ops: Ops, values: readonly Tensor[]): Tensor {
  const sum = values.reduce((total, value) => ops.add(total, value));
  return values.length > 1 ? ops.mul(sum, 1 / values.length) : sum;
}

const mapped = (tensors: NamedTensors, value: (name: string) => Tensor): NamedTensors =>
  Object.fromEntries(Object.keys(tensors).map((name) => [name, value(name)]));

/**
 * Every column of a method, those of its relabel strategy included.
 *
 * @throws OptionError where two share a name.
 */
export function columnsOf(method: Method): readonly Column[] {
  const columns = [...(method.needs.remember ?? []), ...(method.relabel?.remember ?? [])];
  const twice = columns.find((column, i) => columns.findIndex((other) => other.name === column.name) !== i);
  if (twice)
    throw new OptionError(
      `method '${method.name}': two parts remember a column '${twice.name}'. Give one of them another name`,
    );
  return columns;
}

/** Where a column takes its values among the outputs of the step. */
export function sourceOf({ source }: Column): string {
  if (source === 'loss') return 'perSample';
  return ['probabilities', 'weightedProbabilities', 'importance'].includes(source) ? source : `remember/${source}`;
}

function checkOutputs(method: Method, outputs: NamedTensors): void {
  for (const column of columnsOf(method)) {
    if (Object.hasOwn(outputs, sourceOf(column))) continue;
    const known = Object.keys(outputs).map((name) => name.replace(/^remember\//, ''));
    throw new OptionError(
      `method '${method.name}': column '${column.name}' asks for '${column.source}', which the step does not give. It gives ${known.join(', ')}`,
    );
  }
  if (method.relabel?.needsImportance && !Object.hasOwn(outputs, 'highGroup')) {
    throw new OptionError(
      `method '${method.name}': relabel strategy '${method.relabel.name}' needs the loss to give highGroup`,
    );
  }
}

function checkNames(specs: readonly StateSpec[]): void {
  const taken = specs.find(({ name }) => name.startsWith('average/'));
  if (taken)
    throw new OptionError(`state '${taken.name}': 'average/' is kept for averages of weights. Rename the layer`);
}

/** sum(weight loss) / sum(weight); 0 where every weight is 0. */
function weightedMean(ops: Ops, loss: Tensor, weight: Tensor): Tensor {
  return ops.div(ops.sum(ops.mul(loss, weight)), ops.maximum(ops.sum(weight), 1e-6));
}

const prefixed = (prefix: string, tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

/**
 * The evaluation of one batch: running statistics, no update.
 *
 * Input: `images`. Outputs: `probabilities` [N, C] of the classifier; `weightedProbabilities` [N, C] and `importance` [N]
 * where the method has them. Two networks answer with their mean.
 *
 * @example const program = await backend.compile(evaluationStep({ model, method: ce(), batchSize: 32 }));
 */
export function evaluationStep(options: StepOptions): Graph {
  return trace((ops) => {
    const nets = forward(ops, options, imagesOf(ops, options), false);
    return ensemble(
      ops,
      nets.map((net) => probabilities(ops, options.method, net)),
    );
  });
}
