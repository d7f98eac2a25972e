import fc from 'fast-check';
import { expect } from 'vitest';
import { lower, operationTable, sizeOf, trace, UnsupportedOperationError } from '@selfcure/tensor';
import type { Backend, Graph, Node, OperationTable } from '@selfcure/tensor';
import { graphOf, runExample } from '../cases/case.ts';
import type { Example } from '../cases/case.ts';
import { operationCases } from '../cases/index.ts';
import type { Suite } from '../suite.ts';
import { propertySeed } from './operations.ts';
import { plain, tinyTraining } from './training.ts';

/** A few examples of every case, fixed. */
function samples(): { name: string; example: Example; graph: Graph }[] {
  return operationCases
    .filter(({ name }) => !name.includes('many elements'))
    .flatMap(({ name, examples }) =>
      fc
        .sample(examples, { seed: propertySeed, numRuns: 2 })
        .map(({ example }) => ({ name, example, graph: graphOf(example) })),
    );
}

/** Whether an operation can be written with others at all. */
const isComposite = ({ op, attributes }: Node): boolean =>
  op.startsWith('conv2d') ? attributes['groups'] !== 1 : operationTable[op]!.lower !== undefined;

async function refusal(backend: Backend, graph: Graph): Promise<UnsupportedOperationError | null> {
  try {
    (await backend.compile(graph)).dispose();
    return null;
  } catch (error) {
    if (error instanceof UnsupportedOperationError) return error;
    throw error;
  }
}

/** What an engine says of itself is true. */
export function capabilityTests(suite: Suite): void {
  const test = (name: string, body: () => Promise<void> | void): void => suite.test('capabilities', name, body);

  test('are plain data', () => {
    const { capabilities, specificationVersion, name } = suite.shared();
    expect(specificationVersion).toBe('v1');
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(JSON.parse(JSON.stringify(capabilities))).toEqual(capabilities);
    expect(capabilities.device).not.toBe('');
    expect(capabilities.threads).toBeGreaterThanOrEqual(1);
    expect(['float32', 'float64']).toContain(capabilities.precision);
  });

  test('claims gives true or a reason, the same at every call', () => {
    const backend = suite.shared();
    for (const { graph } of samples()) {
      for (const node of graph.nodes) {
        const verdict = backend.claims(node);
        if (verdict !== true) expect(verdict, node.op).toMatch(/\S/);
        expect(backend.claims(node)).toBe(verdict);
      }
    }
  });

  test('what is not claimed is lowered, or refused with the documented error', async () => {
    const backend = suite.shared();
    for (const { name, graph, example } of samples()) {
      const refused = graph.nodes.filter(
        (node) => !['leaf', 'view'].includes(operationTable[node.op]!.kind ?? '') && backend.claims(node) !== true,
      );
      const error = await refusal(backend, graph);
      if (error) {
        expect(refused, `${name} is refused although every node is claimed: ${error.message}`).not.toEqual([]);
        expect(error.message).toContain(`${error.operation} (layer '`);
        expect(error.message).toMatch(/does not run it \(.+\), and it has no lowering/);
      } else if (refused.length) {
        suite.close(await runExample(backend, graph, example), await runExample(suite.oracle(), graph, example), name);
      }
    }
  });

  test('a composite and its lowering agree', async () => {
    const backend = suite.shared();
    const composites = samples().filter(({ graph }) => graph.nodes.some(isComposite));
    expect(composites.length).toBeGreaterThan(10);
    for (const { name, graph, example } of composites) {
      const lowered = lower(graph, (node) => !isComposite(node) || 'the test wants its parts');
      suite.close(await runExample(backend, lowered, example), await runExample(suite.oracle(), graph, example), name);
    }
  });

  test('a training step and its lowering agree', async () => {
    const { graph, init, inputs } = tinyTraining();
    const lowered = lower(graph, (node) => !isComposite(node) || 'the test wants its parts');
    const results = [];
    for (const [backend, step] of [
      [suite.shared(), lowered],
      [suite.oracle(), graph],
    ] as const) {
      const program = await backend.compile(step);
      const state = await backend.createState(graph.state, init);
      for (let i = 0; i < 3; i++) await program.run(state, inputs(i));
      results.push(await state.read());
      for (const held of [state, program]) held.dispose();
    }
    suite.close(results[0]!, results[1]!, 'step');
  });

  test('an operation that no engine knows is refused by name', async () => {
    const table: OperationTable = { ...operationTable, fold: { arity: 1, shape: ([x]) => x!.shape } };
    const graph = trace((ops) => ({ y: ops.scope('stem', () => ops.call('fold', [ops.input('x', [2])], {})) }), {
      operations: table,
    });
    expect(suite.shared().claims(graph.outputs['y']!)).toEqual(expect.any(String));
    await expect(suite.shared().compile(graph)).rejects.toThrow(/fold \(layer 'stem'\)/);
  });

  test('a program reports what it is', async () => {
    const { graph, init, inputs } = tinyTraining();
    const backend = suite.shared();
    const program = await backend.compile(graph);
    const { report } = program;
    const parameters = graph.state.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(report.steps).toBeGreaterThan(0);
    expect(report.arenaBytes).toBeGreaterThan(0);
    expect(report.stateBytes).toBeGreaterThanOrEqual(4 * parameters);
    expect(report.flops).toBeGreaterThanOrEqual(0.9 * graph.flops);
    expect(report.compileMilliseconds).toBeGreaterThanOrEqual(0);
    expect(report.listing().split('\n').length).toBeGreaterThan(5);
    expect(Object.keys(program.graph.outputs)).toEqual(Object.keys(graph.outputs));
    const state = await backend.createState(graph.state, init);
    expect(Object.keys(plain(await program.run(state, inputs(0))))).toEqual(Object.keys(graph.outputs));
    for (const held of [state, program]) held.dispose();
  });
}
