import { checkArray, RunError, sizeOf } from '@selfcure/tensor';
import type { NamedArrays, State, StateSpec } from '@selfcure/tensor';
import { TensorFlowRunError } from './errors.ts';
import type { Connection } from './worker/connection.ts';
import type { Arrays, Failure, ShapedArray } from './worker/messages.ts';

/** A state of the contract, and how the worker knows it. */
export interface HeldState {
  readonly state: State;
  readonly number: number;
  readonly specs: readonly StateSpec[];
  readonly bytes: number;
  /** Why its values mean nothing; null while they do. */
  broken: string | null;
}

/** What states need of their backend. */
export interface StateContext {
  readonly connection: Connection;
  /** A number that no state has had. */
  nextNumber(): number;
  adopt(held: HeldState): State;
  release(held: HeldState): void;
}

/** Bytes of the values of some states. */
export const stateBytes = (specs: readonly StateSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);

/** Values as the worker takes them: float32, in memory that may be given away. */
export function shapedArrays(specs: readonly StateSpec[], values: NamedArrays): ShapedArray[] {
  return specs
    .filter(({ name }) => Object.hasOwn(values, name))
    .map(({ name, shape }) => ({ name, shape, data: Float32Array.from(values[name]!) }));
}

const buffersOf = (arrays: readonly ShapedArray[]): ArrayBuffer[] =>
  arrays.map(({ data }) => data.buffer as ArrayBuffer);

/** Error of a failure outside of programs. */
const failed =
  (what: string) =>
  ({ message }: Failure): Error =>
    new TensorFlowRunError('', '', '', `${what} failed: ${message}`);

/** Makes a state of first values. */
export async function createHeldState(
  specs: readonly StateSpec[],
  init: NamedArrays,
  context: StateContext,
): Promise<HeldState> {
  const held = holdState(specs, context);
  const values = shapedArrays(specs, init);
  const request = { do: 'createState', state: held.number, values } as const;
  await context.connection.ask(request, failed('making a state'), buffersOf(values));
  return held;
}

function holdState(specs: readonly StateSpec[], context: StateContext): HeldState {
  const { connection } = context;
  const number = context.nextNumber();
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  let disposed = false;

  const find = (name: string): StateSpec => {
    const spec = disposed ? undefined : known.get(name);
    if (spec) return spec;
    const names = disposed ? 'none' : specs.map((one) => one.name).join(', ');
    throw new RunError(`state '${name}' does not exist. Known: ${names}`);
  };
  const refuseBroken = (): void => {
    if (held.broken !== null) throw new RunError(held.broken);
  };
  const state: State = {
    specs,
    read: async (names = specs.map(({ name }) => name)) => {
      refuseBroken();
      for (const name of names) find(name);
      return connection.ask<Arrays>({ do: 'read', state: number, names }, failed('reading a state'));
    },
    write: async (values) => {
      for (const [name, array] of Object.entries(values)) checkArray('state', name, array, find(name).shape);
      const arrays = shapedArrays(specs, values);
      await connection.ask(
        { do: 'write', state: number, values: arrays },
        failed('writing a state'),
        buffersOf(arrays),
      );
      if (arrays.length === specs.length) held.broken = null;
    },
    clone: async () => {
      refuseBroken();
      if (disposed) throw new RunError('the state was disposed of');
      const copy = holdState(specs, context);
      await connection.ask({ do: 'clone', state: copy.number, from: number }, failed('copying a state'));
      return context.adopt(copy);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      connection.tell({ do: 'disposeState', state: number });
      context.release(held);
    },
  };
  const held: HeldState = { state, number, specs, bytes: stateBytes(specs), broken: null };
  return held;
}
