import type { Binding } from '../native/binding.ts';
import type { ClusterMember } from './cluster-member.ts';
import type { TensorFlowProgram, Value } from '../plan/operation.ts';
import type { Arrays, Failure, Request, ShapedArray } from './messages.ts';

/** Executes requests; what it throws is a {@link Failure}. */
export interface Machine {
  /** The result, and the memory in it that may be given away. */
  handle(request: Request): { readonly value?: unknown; readonly transfer?: ArrayBuffer[] };
}

/**
 * Holds states and programs as tensors of TensorFlow and runs programs on states.
 *
 * It stands alone, without imports or values of its module: a worker runs its text.
 */
export function createMachine(binding: Binding, member: ClusterMember | null): Machine {
  const [float32, typeAttribute, shapeAttribute, stringAttribute] = [1, 4, 5, 0];
  /** A name that makes every variable one of its own, freed with its handle. */
  const anonymous = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';
  const readAttributes = [{ name: 'dtype', type: typeAttribute, value: float32 }];

  /** A named value: a tensor that is replaced, or a variable that optimizers change. */
  interface Entry {
    readonly shape: readonly number[];
    variable: boolean;
    /** The tensor, or the handle of the variable. */
    id: number;
  }
  type State = Map<string, Entry>;
  interface Program {
    readonly plan: TensorFlowProgram;
    /** Tensor of every value; -1 where there is none at the moment. */
    readonly ids: Int32Array;
    readonly constants: readonly number[];
  }
  const states = new Map<number, State>();
  const programs = new Map<number, Program>();

  const free = (ids: readonly number[]): void => {
    if (ids.length) binding.deleteTensors(ids);
  };
  const tensor = ({ shape, data }: ShapedArray): number => binding.createTensor(shape, float32, data);
  const snapshot = ({ variable, id }: Entry): number =>
    variable
      ? binding.executeOp('ReadVariableOp', readAttributes, [id], 1)[0]!.id
      : binding.executeOp('Identity', [], [id], 1)[0]!.id;
  /** Gives a tensor to an entry, which owns it from then on. */
  const put = (entry: Entry, id: number): void => {
    if (entry.variable) {
      try {
        binding.executeOp('AssignVariableOp', [], [entry.id, id], 0);
      } finally {
        binding.deleteTensor(id);
      }
      return;
    }
    binding.deleteTensor(entry.id);
    entry.id = id;
  };
  const makeVariable = (entry: Entry): void => {
    if (entry.variable) return;
    const handle = binding.executeOp(
      'VarHandleOp',
      [
        { name: 'dtype', type: typeAttribute, value: float32 },
        { name: 'shape', type: shapeAttribute, value: entry.shape },
        { name: 'shared_name', type: stringAttribute, value: anonymous },
      ],
      [],
      1,
    )[0]!.id;
    try {
      binding.executeOp('AssignVariableOp', [], [handle, entry.id], 0);
    } catch (error) {
      binding.deleteTensor(handle);
      throw error;
    }
    binding.deleteTensor(entry.id);
    entry.id = handle;
    entry.variable = true;
  };
  const dispose = (state: State | undefined): void => free([...(state?.values() ?? [])].map(({ id }) => id));
  const createState = (values: readonly (readonly [string, readonly number[], () => number])[]): State => {
    const state: State = new Map();
    try {
      for (const [name, shape, make] of values) state.set(name, { shape, variable: false, id: make() });
    } catch (error) {
      dispose(state);
      throw error;
    }
    return state;
  };
  const buffersOf = (arrays: Arrays): ArrayBuffer[] => Object.values(arrays).map(({ buffer }) => buffer as ArrayBuffer);

  const run = (
    { plan, ids }: Program,
    state: State,
    inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  ): Arrays => {
    /** Values whose tensors belong to this run. */
    const temporary: Value[] = [];
    let operation = -1;
    let changed = false;
    const own = (value: Value, id: number): void => {
      ids[value] = id;
      temporary.push(value);
    };
    const lent: Value[] = [];
    const lend = (value: Value, id: number): void => {
      ids[value] = id;
      lent.push(value);
    };
    try {
      for (const { name, value } of plan.variables) {
        const entry = state.get(name)!;
        makeVariable(entry);
        lend(value, entry.id);
      }
      for (const { name, value } of plan.reads) {
        const entry = state.get(name)!;
        if (entry.variable) own(value, snapshot(entry));
        else lend(value, entry.id);
      }
      for (const { name, value, shape, dtype } of plan.inputs)
        own(value, binding.createTensor(shape, dtype, inputs[name]!));
      for (const step of plan.operations) {
        operation++;
        changed ||= step.mutates;
        const taken = step.inputs.map((value) => ids[value]!);
        const made = binding.executeOp(step.name, step.attributes, taken, step.outputs.length);
        step.outputs.forEach((value, i) => own(value, made[i]!.id));
        if (step.frees.length) {
          free(step.frees.map((value) => ids[value]!));
          for (const value of step.frees) ids[value] = -1;
        }
      }
      operation = -1;
      const read = binding.readTensors(plan.outputs.map(({ value }) => ids[value]!));
      const results: Arrays = {};
      plan.outputs.forEach(({ name }, i) => {
        results[name] = read[i] as Float32Array | Int32Array;
      });
      for (const { name, value } of plan.stores) {
        changed = true;
        const id = ids[value]!;
        ids[value] = -1;
        put(state.get(name)!, id);
      }
      return results;
    } catch (error) {
      const { message } = error as Error;
      const collective = member !== null && plan.operations[operation]?.name === 'CollectiveReduceV2';
      const failure: Failure = { message, operation, changed, ...(collective && { lost: member.lost(message) }) };
      throw failure;
    } finally {
      const left = temporary.filter((value) => ids[value]! >= 0);
      free(left.map((value) => ids[value]!));
      for (const value of [...left, ...lent]) ids[value] = -1;
    }
  };

  return {
    handle: (request) => {
      switch (request.do) {
        case 'createState': {
          const values = request.values.map((array) => [array.name, array.shape, () => tensor(array)] as const);
          states.set(request.state, createState(values));
          return {};
        }
        case 'write': {
          const state = states.get(request.state)!;
          for (const array of request.values) put(state.get(array.name)!, tensor(array));
          return {};
        }
        case 'read': {
          const state = states.get(request.state)!;
          const taken: number[] = [];
          try {
            for (const name of request.names) taken.push(snapshot(state.get(name)!));
            const read = binding.readTensors(taken);
            const value = Object.fromEntries(request.names.map((name, i) => [name, read[i] as Float32Array]));
            return { value, transfer: buffersOf(value) };
          } finally {
            free(taken);
          }
        }
        case 'clone': {
          const from = [...states.get(request.from)!];
          states.set(
            request.state,
            createState(from.map(([name, entry]) => [name, entry.shape, () => snapshot(entry)] as const)),
          );
          return {};
        }
        case 'disposeState':
          dispose(states.get(request.state));
          states.delete(request.state);
          return {};
        case 'createProgram': {
          const { plan } = request;
          const ids = new Int32Array(plan.values).fill(-1);
          const constants: number[] = [];
          try {
            for (const { value, shape, dtype, data } of plan.constants) {
              ids[value] = binding.createTensor(shape, dtype, data);
              constants.push(ids[value]!);
            }
          } catch (error) {
            free(constants);
            throw error;
          }
          programs.set(request.program, { plan, ids, constants });
          return {};
        }
        case 'disposeProgram':
          free(programs.get(request.program)?.constants ?? []);
          programs.delete(request.program);
          return {};
        case 'run': {
          const value = run(programs.get(request.program)!, states.get(request.state)!, request.inputs);
          return { value, transfer: buffersOf(value) };
        }
        case 'count':
          return { value: binding.tensorCount() };
        case 'close':
          for (const state of states.values()) dispose(state);
          for (const { constants } of programs.values()) free(constants);
          states.clear();
          programs.clear();
          member?.leave();
          return {};
      }
    },
  };
}
