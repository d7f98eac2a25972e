/** The backbones of models.mjs over the layers of another library, for sides that write their own step. */

/**
 * Layers of a library. Values are the library's; one that is used twice passes `fork` before, for libraries that count
 * references.
 *
 * @template T
 * @typedef {object} Layers
 * @property {(name: string) => boolean} has whether there is a weight of this name
 * @property {(x: T, layer: string, stride: number) => T} convolution with batch normalization; zeros around the image so
 *   that stride 1 keeps its size
 * @property {(x: T) => T} relu
 * @property {(a: T, b: T) => T} add
 * @property {(x: T, options: { size: number, stride: number, padding: number }) => T} maxPool
 * @property {(x: T) => T} averagePool over the whole image: [N, features]
 * @property {(x: T) => [T, T]} fork
 */

/**
 * Features of a batch of images.
 *
 * @template T
 * @param {Layers<T>} layers
 * @param {T} images
 * @param {{ name: string, options: Record<string, unknown> }} model
 * @returns {T}
 */
export const backbone = (layers, images, { name, options }) => backbones[name](layers, images, options);

const backbones = { 'face-cnn': faceCnn, resnet18, small };

function faceCnn({ convolution, relu, maxPool, averagePool }, images) {
  let x = relu(convolution(images, 'conv1', 2));
  x = maxPool(x, { size: 2, stride: 2, padding: 0 });
  x = relu(convolution(x, 'conv2', 1));
  x = maxPool(x, { size: 2, stride: 2, padding: 0 });
  x = relu(convolution(x, 'conv3', 1));
  return averagePool(relu(convolution(x, 'conv4', 1)));
}

function resnet18(layers, images, { stem }) {
  let x = layers.relu(layers.convolution(images, 'conv1', stem === '3x3' ? 1 : 2));
  if (stem === '7x7-s2-pool') x = layers.maxPool(x, { size: 3, stride: 2, padding: 1 });
  for (let stage = 1; stage <= 4; stage++) {
    x = basicBlock(layers, x, `layer${stage}/0`, stage > 1 ? 2 : 1);
    x = basicBlock(layers, x, `layer${stage}/1`, 1);
  }
  return layers.averagePool(x);
}

function small(layers, images) {
  let x = layers.relu(layers.convolution(images, 'conv1', 1));
  x = basicBlock(layers, x, 'layer1/0', 1);
  return layers.averagePool(basicBlock(layers, x, 'layer2/0', 2));
}

function basicBlock({ has, convolution, relu, add, fork }, x, layer, stride) {
  const [main, skip] = fork(x);
  const residual = convolution(relu(convolution(main, `${layer}/conv1`, stride)), `${layer}/conv2`, 1);
  const projected = has(`${layer}/projection/filter`) ? convolution(skip, `${layer}/projection`, stride) : skip;
  return relu(add(residual, projected));
}
