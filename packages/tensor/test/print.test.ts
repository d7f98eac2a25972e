import { expect, it } from 'vitest';
import { plan, printGraph, printPlan, trace } from '@selfcure/tensor';

const graph = trace((ops) => {
  const x = ops.input('x', [4, 3]);
  const w = ops.scope('head', () => ops.parameter('weights', [3, 1], { kind: 'normal', standardDeviation: 0.1 }));
  const loss = ops.mean(ops.square(ops.scope('head', () => ops.matmul(x, w))));
  const [gradient] = ops.gradients(loss, [w]);
  ops.assign('head/weights', ops.sub(w, ops.mul(gradient!, ops.input('rate', []))));
  return { loss };
});

it('prints a graph, one node a line', () => {
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "%0 = input() {"name":"x","shape":[4,3],"dtype":"f32"} : f32[4, 3]
    %1 = state() {"name":"head/weights","shape":[3,1],"kind":"parameter","version":0} : f32[3, 1]  # head
    %2 = matmul(%0, %1) {"transposeA":false,"transposeB":false} : f32[4, 1]  # head
    %3 = square(%2) : f32[4, 1]
    %4 = sum(%3) {"axes":[0,1],"keepDims":true} : f32[1, 1]
    %5 = reshape(%4) {"shape":[]} : f32[]
    %6 = full() {"value":0.25,"shape":[]} : f32[]
    %7 = mul(%5, %6) : f32[]
    %8 = full() {"value":0.5,"shape":[4,1]} : f32[4, 1]  # gradient
    %9 = mul(%8, %2) : f32[4, 1]  # gradient
    %10 = matmul(%0, %9) {"transposeA":true,"transposeB":false} : f32[3, 1]  # gradient/head
    %11 = input() {"name":"rate","shape":[],"dtype":"f32"} : f32[]
    %12 = mul(%10, %11) : f32[3, 1]
    %13 = sub(%1, %12) : f32[3, 1]
    %14 = assign(%13) {"name":"head/weights","versions":[1]} : f32[0]
    outputs: loss = %7
    flops: 67"
  `);
});

it('prints a plan, one stored value a line', () => {
  const stored = graph.nodes.filter((node) => !['input', 'state', 'full', 'assign'].includes(node.op));
  const steps = stored.map((node) => ({ writes: [node], reads: node.inputs }));
  expect(printPlan(plan(steps, { outputs: Object.values(graph.outputs), alignment: 16 }))).toMatchInlineSnapshot(`
    "0: %2 matmul [4, 1]  # head
    0: %10 matmul [3, 1]  # gradient/head
    0: %13 sub [3, 1]
    16: %3 square [4, 1]
    16: %5 reshape []
    16: %9 mul [4, 1]  # gradient
    16: %12 mul [3, 1]
    32: %4 sum [1, 1]
    32: %7 mul []
    arena: 48, lower bound: 48, without reuse: 144"
  `);
});
