/**
 * Operations on the shapes of a ResNet-18 over 48x48 images, batch 32. Operands are states, and one element of the
 * result is the output, so that neither upload nor download is measured.
 */
const zero = { kind: 'constant', value: 0 };

/** A convolution as three cases: forward, input gradient, filter gradient. */
function convolution(name, { map, from, to, size, stride, groups = 1, batch }) {
  const pad = Math.floor(size / 2);
  const attributes = { stride: [stride, stride], padding: [pad, pad, pad, pad], groups };
  const out = Math.floor((map + 2 * pad - size) / stride) + 1;
  const [x, y] = [
    [batch, map, map, from],
    [batch, out, out, to],
  ];
  const filter = [size, size, from / groups, to];
  const make = (op, first, second, shape) => ({
    name,
    kernel: op,
    build: (ops) =>
      ops.call(op, [ops.parameter('a', first, zero), ops.parameter('b', second, zero)], {
        ...attributes,
        ...(shape && { shape }),
      }),
  });
  return [
    make('conv2d', x, filter),
    ...(from > 1 ? [make('conv2dGradInput', y, filter, x)] : []),
    make('conv2dGradFilter', x, y, filter),
  ];
}

/** Every case for one batch size: `{ name, kernel, build(ops) }`, and `bytes` where memory is the measure. */
export function cases(batch) {
  const stage = (map, channels) =>
    convolution(`3x3 ${map}x${map}x${channels}`, { map, from: channels, to: channels, size: 3, stride: 1, batch });
  const half = (map, from) =>
    convolution(`3x3 s2 ${map}x${map}x${from} to ${2 * from}`, { map, from, to: 2 * from, size: 3, stride: 2, batch });
  const projection = (map, from) =>
    convolution(`1x1 s2 ${map}x${map}x${from} to ${2 * from}`, { map, from, to: 2 * from, size: 1, stride: 2, batch });
  const tensor = [batch, 24, 24, 64];
  const bytes = 4 * tensor.reduce((a, b) => a * b);
  const x = (ops, name = 'x') => ops.parameter(name, tensor, zero);
  const vector = (ops, name) => ops.parameter(name, [64], zero);
  const statistics = (ops) => ops.parameter('statistics', [3, 64], zero);
  const sweep = (name, kernel, sweeps, build) => ({ name, kernel, bytes: sweeps * bytes, build });
  const normalized = (ops) =>
    ops.call('bnApply', [x(ops), statistics(ops), vector(ops, 'scale'), vector(ops, 'offset')], {
      batchStatistics: false,
    });
  const map = tensor.join('x');
  return [
    ...convolution('7x7 s2 48x48x1 to 64', { map: 48, from: 1, to: 64, size: 7, stride: 2, batch }),
    ...stage(24, 64),
    ...stage(12, 128),
    ...stage(6, 256),
    ...stage(3, 512),
    ...half(24, 64),
    ...half(12, 128),
    ...half(6, 256),
    ...projection(24, 64),
    ...projection(12, 128),
    ...projection(6, 256),
    ...convolution('3x3 depthwise 24x24x64', { map: 24, from: 64, to: 64, size: 3, stride: 1, groups: 64, batch }),
    {
      name: '512x512 by 512x512',
      kernel: 'matmul',
      build: (ops) => ops.matmul(ops.parameter('a', [512, 512], zero), ops.parameter('b', [512, 512], zero)),
    },
    sweep(map, 'bnStats', 1, (ops) => ops.call('bnStats', [x(ops)], { epsilon: 1e-5 })),
    sweep(map, 'bnApply + relu', 2, (ops) => ops.relu(normalized(ops))),
    sweep(map, 'bnApply + add + relu', 3, (ops) => ops.relu(ops.add(normalized(ops), x(ops, 'residual')))),
    sweep(map, 'bnGradReduce', 2, (ops) => ops.call('bnGradReduce', [x(ops), x(ops, 'd'), statistics(ops)], {})),
    sweep(map, 'bnGradInput', 3, (ops) =>
      ops.call(
        'bnGradInput',
        [x(ops), x(ops, 'd'), statistics(ops), vector(ops, 'scale'), ops.parameter('sums', [2, 64], zero)],
        {},
      ),
    ),
    sweep(map, 'add', 3, (ops) => ops.add(x(ops), x(ops, 'd'))),
    sweep(map, 'add + mul + relu', 4, (ops) => ops.relu(ops.mul(ops.add(x(ops), x(ops, 'd')), x(ops, 'e')))),
    sweep(map, 'sum', 1, (ops) => ops.sum(x(ops))),
  ];
}
