import { checkArray, checkIndices, checkState, indexBounds, printGraph, RunError } from '@selfcure/tensor';
import type { Graph, Program, ProgramReport, State } from '@selfcure/tensor';
import { placeOf, TensorFlowRunError, TensorFlowWorkerLostError } from './errors.ts';
import type { Assembled } from './plan/assemble.ts';
import { stateBytes } from './state.ts';
import type { HeldState } from './state.ts';
import type { Connection } from './worker/connection.ts';
import type { Arrays, Failure } from './worker/messages.ts';

/** What programs need of their backend. */
export interface ProgramContext {
  readonly connection: Connection;
  /** The state behind a contract's one; undefined where it is disposed of or of another backend. */
  stateOf(state: State): HeldState | undefined;
  release(program: Program): void;
  /** Addresses of the workers of the cluster; empty where there is none. */
  readonly workers: readonly string[];
}

/** A program of the contract, and what it holds. */
export interface HeldProgram {
  readonly program: Program;
  readonly bytes: number;
  /** Tensors of its constants. */
  readonly values: number;
}

/** Most operations of TensorFlow that a run executes: to read a state that another program trains takes one. */
function stepsOf(graph: Graph, { program: { operations, reads } }: Assembled): number {
  const statistics = new Set(graph.state.filter(({ kind }) => kind === 'statistic').map(({ name }) => name));
  return operations.length + reads.filter(({ name }) => !statistics.has(name)).length;
}

const listing = (graph: Graph, { program, nodes }: Assembled): string =>
  [
    printGraph(graph),
    '',
    ...program.operations.map(({ name, inputs, outputs }, i) => {
      const values = (list: readonly number[]): string => list.map((value) => `v${value}`).join(', ');
      return `${values(outputs)}${outputs.length ? ' = ' : ''}${name}(${values(inputs)})  # ${placeOf(nodes[i]!)}`;
    }),
  ].join('\n');

/** What TensorFlow says, without the wrapping of its binding and the traces that follow. */
const reasonOf = (message: string): string =>
  message
    .replace(/^Invalid TF_Status: \d+\s+Message: /, '')
    .split('\n')[0]!
    .replace(/\.+$/, '');

const lostText = (lost: readonly number[], addresses: readonly string[]): string => {
  const named = lost.map((rank) => `${rank} (${addresses[rank]})`);
  if (named.length === 1) return `worker ${named[0]} is lost`;
  if (named.length > 1) return `workers ${named.join(', ')} are lost`;
  return 'an all-reduce failed although all workers answer: one has ended its part of the run, or did not come in time';
};

/** Sends an assembled program to the worker. */
export async function createHeldProgram(
  graph: Graph,
  assembled: Assembled,
  number: number,
  startedAt: number,
  context: ProgramContext,
): Promise<HeldProgram> {
  const { connection } = context;
  const bounds = indexBounds(graph);
  const checked = new WeakSet<HeldState>();
  let disposed = false;

  /** The error of a failure, which also decides what the state is worth. */
  const fail =
    (held: HeldState) =>
    ({ message, operation, changed, lost }: Failure): Error => {
      const step = assembled.program.operations[operation];
      const node = assembled.nodes[operation];
      if (changed)
        held.broken = 'the state was half updated by a run that failed. Write all of it from the last checkpoint';
      const after = changed
        ? 'The state was changed in part: write all of it from the last checkpoint'
        : 'The state is as it was before';
      if (lost)
        return new TensorFlowWorkerLostError(
          lost,
          `${lostText(lost, context.workers)}: ${reasonOf(message)}. ${after}`,
        );
      const exhausted = /OOM|exhausted/i.test(message) ? ' Take a smaller batch.' : '';
      const where = node ? `${placeOf(node)}, ${step!.name} of TensorFlow` : 'a run';
      const text = `${where} failed: ${reasonOf(message)}.${exhausted} ${after}`;
      return new TensorFlowRunError(node?.op ?? '', node?.layer ?? '', step?.name ?? '', text);
    };

  const request = { do: 'createProgram', program: number, plan: assembled.program } as const;
  await connection.ask(
    request,
    ({ message }) => new TensorFlowRunError('', '', '', `making the constants of a program failed: ${message}`),
  );

  const { peakBytes, constantBytes, program: plan } = assembled;
  const report: ProgramReport = {
    steps: stepsOf(graph, assembled),
    stored: plan.values - plan.constants.length - plan.variables.length,
    arenaBytes: peakBytes,
    stateBytes: stateBytes(graph.state),
    flops: graph.flops,
    compileMilliseconds: Date.now() - startedAt,
    listing: () => listing(graph, assembled),
  };
  const program: Program = {
    graph,
    report,
    run: async (state, given) => {
      const held = context.stateOf(state);
      if (!held) throw new RunError("the state was disposed of or made by another backend than 'tensorflow'");
      if (disposed) throw new RunError('the program was disposed of. Compile it again');
      if (held.broken !== null) throw new RunError(held.broken);
      if (!checked.has(held)) checkState(held.specs, graph.state);
      checked.add(held);
      for (const { name, shape } of graph.inputs) checkArray('input', name, given[name], shape);
      checkIndices(bounds, given);
      const inputs = Object.fromEntries(
        plan.inputs.map(({ name }) => {
          const integer = graph.inputs.find((input) => input.name === name)!.dtype === 'i32';
          return [name, integer ? Int32Array.from(given[name]!) : Float32Array.from(given[name]!)];
        }),
      );
      const buffers = Object.values(inputs).map(({ buffer }) => buffer);
      return connection.ask<Arrays>({ do: 'run', program: number, state: held.number, inputs }, fail(held), buffers);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      connection.tell({ do: 'disposeProgram', program: number });
      context.release(program);
    },
  };
  return { program, bytes: constantBytes, values: plan.constants.length };
}
