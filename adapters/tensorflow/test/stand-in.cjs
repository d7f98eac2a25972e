// A binding that computes nothing, for tests of what surrounds TensorFlow: tensors are counted, some operations misbehave.
let next = 0;
const alive = new Set();
const make = () => {
  alive.add(next);
  return next++;
};
module.exports = {
  TF_Version: 'stand-in',
  createTensor: make,
  deleteTensor: (id) => {
    if (!alive.delete(id)) throw new Error(`tensor ${id} does not exist`);
  },
  tensorDataSync: () => new Float32Array(1),
  isUsingGpuDevice: () => false,
  getNumOfTensors: () => alive.size,
  executeOp: (name, _, inputs, outputs) => {
    for (const id of inputs) if (!alive.has(id)) throw new Error(`tensor ${id} does not exist`);
    if (name === 'Exp') throw new Error('Invalid TF_Status: 8\nMessage: OOM when allocating a tensor\nand a trace');
    if (name === 'Log') process.exit(3);
    if (name === 'Tanh') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    if (name === 'ResourceApplyMomentum') throw new Error('no kernel');
    return Array.from({ length: outputs }, () => ({ id: make(), shape: [], dtype: 1 }));
  },
};
