import { differentiate } from './differentiate.ts';
import type { CustomRules } from './differentiate.ts';
import { GraphError, placeOf, ShapeError, UnsupportedOperationError } from './errors.ts';
import type { Attributes, Graph, Node, Shape, StateSpec, Tensor } from './graph.ts';
import type { StateAttributes } from './operations/leaf.ts';
import { attributesOf } from './operations/operation.ts';
import type { Operation, OperationTable } from './operations/operation.ts';
import { slotName } from './operations/optimize.ts';
import { operationTable } from './operations/table.ts';
import { createOps } from './ops.ts';
import type { Operand, Ops } from './ops.ts';
import { flopsOf } from './plan.ts';
import { schedule } from './schedule.ts';
import { formatShape, sameShape } from './shape.ts';
import { simplify } from './simplify.ts';

/** Options of {@link createTracer} and {@link trace}. */
export interface TraceOptions {
  /**
   * The operations that graphs may hold. Default: {@link operationTable}; extend it to add composites of your own, and give
   * the same table to the engine that runs them: `kernelBackend({ operations })`.
   */
  readonly operations?: OperationTable;
  /** Which nodes an engine runs; others are lowered as they are made. Default: all, nothing is lowered. */
  readonly claims?: (node: Node) => true | string;
  /** States known from the start. */
  readonly state?: readonly StateSpec[];
}

/** Records operations into a graph. */
export interface Tracer {
  readonly ops: Ops;
  /** The graph of everything that the outputs and the recorded effects need. */
  finish(outputs: Readonly<Record<string, Tensor>>): Graph;
}

/**
 * Traces a function over symbolic values once, into a graph.
 *
 * @param body a plain function over {@link Ops}; returns the named outputs. Effects that it records are part of the graph.
 * @throws ShapeError where shapes do not fit, naming operation and layer.
 * @throws GraphError where a gradient rule is missing or one value needs a state from before and after one update.
 * @example
 * const graph = trace((ops) => {
 *   const x = ops.input('x', [32, 10]);
 *   const w = ops.parameter('w', [10, 1], { kind: 'constant', value: 0 });
 *   const loss = ops.mean(ops.square(ops.matmul(x, w)));
 *   const [gradient] = ops.gradients(loss, [w]);
 *   ops.assign('w', ops.sub(w, ops.mul(gradient!, 0.1)));
 *   return { loss };
 * });
 */
export function trace(body: (ops: Ops) => Readonly<Record<string, Tensor>>, options: TraceOptions = {}): Graph {
  const tracer = createTracer(options);
  return tracer.finish(body(tracer.ops));
}

/**
 * The parts of {@link trace}, for passes that rebuild graphs.
 *
 * @example
 * const { ops, finish } = createTracer();
 * const graph = finish({ y: ops.exp(ops.input('x', [4])) });
 */
export function createTracer(options: TraceOptions = {}): Tracer {
  const table = options.operations ?? operationTable;
  const lowering = options.claims !== undefined;
  const nodes: Node[] = [];
  const known = new Map<string, Node>();
  const specs = new Map<string, StateSpec>(options.state?.map((spec) => [spec.name, spec]));
  const versions = new Map<string, number>();
  const effects: Node[] = [];
  const scopes: string[] = [];
  const rules: CustomRules = new Map();
  let fresh = 0;

  const layer = (): string => scopes.filter(Boolean).join('/');
  const where = (op: string): string => placeOf({ op, layer: layer() });
  const operation = (op: string): Operation => {
    const found = Object.hasOwn(table, op) ? table[op] : undefined;
    if (!found) throw new GraphError(`${where(op)}: no such operation. Known: ${Object.keys(table).join(', ')}`);
    return found;
  };
  const lift = (value: Operand): Tensor => (typeof value === 'number' ? call('full', [], { value, shape: [] }) : value);

  const append = (op: string, inputs: readonly Node[], attributes: Attributes, shape: Shape): Node => {
    const dtype = operation(op).dtype?.(inputs, attributes) ?? 'f32';
    const node: Node = { id: nodes.length, op, inputs, attributes, shape, dtype, layer: layer() };
    nodes.push(node);
    return node;
  };

  /** Adds the node, or what an engine runs in its place. */
  const admit = (op: string, inputs: readonly Node[], attributes: Attributes, shape: Shape): Node => {
    const row = operation(op);
    // Every engine runs leaves, `assign` and the views that have no lowering.
    const given = row.kind === 'leaf' || (row.kind === 'view' && !row.lower) || op === 'assign';
    if (!options.claims || given) return append(op, inputs, attributes, shape);
    const candidate: Node = {
      id: nodes.length,
      op,
      inputs,
      attributes,
      shape,
      dtype: row.dtype?.(inputs, attributes) ?? 'f32',
      layer: layer(),
    };
    const verdict = options.claims(candidate);
    if (verdict === true) return append(op, inputs, attributes, shape);
    const lowered = row.lower?.(ops, candidate);
    if (lowered) return lowered;
    throw new UnsupportedOperationError(
      op,
      layer(),
      `${where(op)}, inputs ${inputs.map((input) => formatShape(input.shape)).join(', ')}: the engine does not run it (${verdict}), ` +
        'and it has no lowering. Use another adapter or replace this layer',
    );
  };

  const effect = (op: string, inputs: readonly Node[], attributes: Attributes): Node => {
    const row = operation(op);
    const names = row.writes!(attributes);
    for (const name of names) {
      if (!specs.has(name)) {
        throw new GraphError(
          `${where(op)}: state '${name}' is not declared. Declare it with ops.parameter, ops.statistic or ops.slot`,
        );
      }
    }
    const shape = row.shape(inputs, attributes);
    // An effect takes one value per parameter as its last inputs, or one value as its first.
    const values = Array.isArray(attributes['parameters']) ? inputs.slice(-attributes['parameters'].length) : inputs;
    const targets = (attributes['parameters'] ?? names) as readonly string[];
    targets.forEach((name, i) => {
      const { shape: wanted } = specs.get(name)!;
      if (!sameShape(values[i]!.shape, wanted)) {
        throw new ShapeError(
          `state '${name}' is ${formatShape(wanted)}, the value for it ${formatShape(values[i]!.shape)}`,
        );
      }
    });
    const node = admit(op, inputs, attributes, shape);
    if (node.op !== op) return node; // lowered to effects, which have counted their own writes
    for (const name of names) versions.set(name, (versions.get(name) ?? 0) + 1);
    const recorded: Node = {
      ...node,
      attributes: { ...attributes, versions: names.map((name) => versions.get(name)!) },
    };
    nodes[node.id] = recorded;
    effects.push(recorded);
    return recorded;
  };

  function call(op: string, operands: readonly Operand[], attributes: Attributes): Tensor {
    const row = operation(op);
    const inputs = operands.map(lift);
    try {
      if (row.arity !== undefined && inputs.length !== row.arity) {
        throw new ShapeError(`takes ${row.arity} input(s), got ${inputs.length}`);
      }
      if (op === 'full' && !Number.isFinite(attributes['value']))
        throw new ShapeError(`constant ${String(attributes['value'])} is not finite`);
      if (row.kind === 'effect') return effect(op, inputs, attributes);
      const key = `${op}|${inputs.map((input) => input.id).join()}|${JSON.stringify(attributes)}`;
      const found = known.get(key);
      if (found) return found;
      const shape = row.shape(inputs, attributes);
      const node =
        simplify({ ops, table, lowering }, op, inputs, attributes, shape) ?? admit(op, inputs, attributes, shape);
      known.set(key, node);
      return node;
    } catch (error) {
      if (!(error instanceof ShapeError) || error.message.includes("(layer '")) throw error;
      const places = inputs.map(
        (input) => `${input.op} ${formatShape(input.shape)} of layer '${input.layer || 'top'}'`,
      );
      throw new ShapeError(`${where(op)}: ${error.message}${places.length ? `. Inputs: ${places.join('; ')}` : ''}`);
    }
  }

  const declare = (name: string, shape: Shape, kind: StateSpec['kind'], init: StateSpec['init']): Tensor => {
    if (kind !== 'slot' && name.includes(':')) {
      throw new GraphError(
        `${kind} '${name}': ':' in a name is reserved for the slots that optimizers keep, such as '${slotName('filter', 'momentum')}'. ` +
          "Name it, and the layers that it is in, without ':'",
      );
    }
    const spec: StateSpec = { name, shape: [...shape], kind, init };
    const existing = specs.get(name);
    if (existing && (!sameShape(existing.shape, shape) || existing.kind !== kind)) {
      throw new GraphError(
        `state '${name}' is declared as ${existing.kind} ${formatShape(existing.shape)} and again as ${kind} ${formatShape(shape)}. ` +
          'Give one of the layers another name',
      );
    }
    if (!existing) specs.set(name, spec);
    return read(name);
  };

  const read = (name: string): Tensor => {
    const spec = specs.get(name);
    if (!spec)
      throw new GraphError(`state '${name}' is not declared. Declared: ${[...specs.keys()].join(', ') || 'none'}`);
    const attributes: StateAttributes = { name, shape: spec.shape, kind: spec.kind, version: versions.get(name) ?? 0 };
    return call('state', [], { ...attributes });
  };

  /** A view of a value that hash-consing does not merge with it, so that gradients can tell them apart. */
  const alias = (x: Tensor): Tensor => append('stopGradient', [x], { alias: ++fresh }, x.shape);

  const ops: Ops = createOps({
    call,
    scope: (name, body) => {
      scopes.push(name);
      try {
        return body();
      } finally {
        scopes.pop();
      }
    },
    layer,
    declare,
    read,
    declared: () => [...specs.values()],
    gradients: (loss, of) => differentiate({ ops, loss, of, rules, table, alias }),
    customGradient: (inputs, forward, rule) => {
      const value = alias(forward(...inputs.map((input) => ops.stopGradient(input))));
      rules.set(value, { inputs, rule });
      return value;
    },
  });

  return {
    ops,
    finish: (outputs) => {
      const effect = Object.entries(outputs).find(([, node]) => table[node.op]?.kind === 'effect');
      if (effect)
        throw new GraphError(
          `output '${effect[0]}' is the effect ${effect[1].op}, which has no value. Return ops.read of the state`,
        );
      // An output that is a view of a state would change with it: give it memory of its own.
      const own = Object.fromEntries(
        Object.entries(outputs).map(([name, node]) => [
          name,
          rootOf(node, table).op === 'state' ? ops.identity(node) : node,
        ]),
      );
      const scheduled = schedule({ roots: [...Object.values(own), ...effects], table });
      const renumbered = new Map<Node, Node>();
      scheduled.forEach((node, id) => {
        renumbered.set(node, { ...node, id, inputs: node.inputs.map((input) => renumbered.get(input)!) });
      });
      const graphNodes = [...renumbered.values()];
      const used = new Set(graphNodes.flatMap((node) => stateNames(node, table)));
      const inputs = graphNodes
        .filter((node) => node.op === 'input')
        .map(({ attributes, shape, dtype }) => ({ name: String(attributes['name']), shape, dtype }));
      const duplicate = inputs.find(({ name }, i) => inputs.findIndex((other) => other.name === name) !== i);
      if (duplicate)
        throw new GraphError(
          `input '${duplicate.name}' is used with two shapes or types. Give one of them another name`,
        );
      return {
        nodes: graphNodes,
        inputs,
        state: [...specs.values()].filter((spec) => used.has(spec.name)),
        outputs: Object.fromEntries(Object.entries(own).map(([name, node]) => [name, renumbered.get(node)!])),
        flops: flopsOf(graphNodes, table),
      };
    },
  };
}

/** Names of the states that a node reads or changes. */
function stateNames(node: Node, table: OperationTable): readonly string[] {
  if (node.op === 'state') return [attributesOf<StateAttributes>(node).name];
  return table[node.op]?.writes?.(node.attributes) ?? [];
}

/**
 * The node whose memory a chain of views shows; a node that is no view is its own root.
 *
 * @example
 * rootOf(ops.reshape(ops.rows(x, 0, 2), [6])) === x;
 */
export function rootOf(node: Node, table: OperationTable = operationTable): Node {
  let root = node;
  while (table[root.op]?.kind === 'view') root = root.inputs[0]!;
  return root;
}
