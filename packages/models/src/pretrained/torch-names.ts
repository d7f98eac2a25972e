import type { NamedTarget, NameMap } from './import-safetensors.ts';

/** States of a batch normalization, by PyTorch's names. */
const normalization: Readonly<Record<string, string>> = {
  weight: 'scale',
  bias: 'offset',
  running_mean: 'mean',
  running_var: 'variance',
};

function batchNormOf(layer: string, state: string): NamedTarget | undefined {
  if (state === 'num_batches_tracked') return null;
  return normalization[state] === undefined ? undefined : { name: `${layer}/${normalization[state]}` };
}

/**
 * Names of torchvision's `resnet18` for {@link importSafetensors}; its classifier `fc` is left out.
 *
 * @example importSafetensors(bytes, { model: resnet18({ size: 224 }), names: torchvisionResnet18Names })
 */
export const torchvisionResnet18Names: NameMap = (name) => {
  if (name === 'fc.weight' || name === 'fc.bias') return null;
  const [, block, layer, state] = /^(layer[1-4]\.[01]\.)?(conv[12]|bn[12]|downsample\.[01])\.(\w+)$/.exec(name) ?? [];
  if (layer === undefined || state === undefined) return undefined;
  const scope = (block ?? '').replaceAll('.', '/');
  const [kind, index] = [layer.slice(0, -1), layer.slice(-1)];
  if (kind === 'downsample.') {
    if (index === '1') return batchNormOf(`${scope}projection/bn`, state);
    return state === 'weight' ? { name: `${scope}projection/filter`, layout: 'convolution' } : undefined;
  }
  if (kind === 'bn') return batchNormOf(`${scope}conv${index}/bn`, state);
  return state === 'weight' ? { name: `${scope}conv${index}/filter`, layout: 'convolution' } : undefined;
};

/**
 * Names of IR-50 in the PyTorch libraries for faces (`input_layer`, `body`, `output_layer`), for {@link importSafetensors}.
 *
 * @param until as in {@link ir50}: `'body'` leaves the output layer out.
 * @example importSafetensors(bytes, { model: ir50(), names: ir50Names('body') })
 */
export function ir50Names(until: 'body' | 'embedding'): NameMap {
  return (name) => {
    if (name.startsWith('output_layer.')) return until === 'body' ? null : outputName(name);
    const input = /^input_layer\.([012])\.(\w+)$/.exec(name);
    if (input) return unitPart(input[1]!, input[2]!, { 0: 'input/filter', 1: 'input/bn', 2: 'input/prelu/slope' });
    const [, unit, part, layer, state] = /^body\.(\d+)\.(shortcut|res)_layer\.(\d)\.(\w+)$/.exec(name) ?? [];
    if (unit === undefined) return undefined;
    const scope = `body/${unit}`;
    return part === 'shortcut'
      ? unitPart(layer!, state!, { 0: `${scope}/projection/filter`, 1: `${scope}/projection/bn` })
      : unitPart(layer!, state!, {
          0: `${scope}/bn`,
          1: `${scope}/conv1/filter`,
          2: `${scope}/prelu/slope`,
          3: `${scope}/conv2/filter`,
          4: `${scope}/conv2/bn`,
        });
  };
}

/** A part of a sequence by its place: what it is shows in the end of its name here. */
function unitPart(place: string, state: string, parts: Readonly<Record<string, string>>): NamedTarget | undefined {
  const name = parts[place];
  if (name === undefined) return undefined;
  if (name.endsWith('bn')) return batchNormOf(name, state);
  if (state !== 'weight') return undefined;
  return name.endsWith('filter') ? { name, layout: 'convolution' } : { name };
}

function outputName(name: string): NamedTarget | undefined {
  const [, place, state] = /^output_layer\.([034])\.(\w+)$/.exec(name) ?? [];
  if (place === '0') return batchNormOf('output/bn', state!);
  if (place === '4') return batchNormOf('output/bn2', state!);
  if (state === 'weight') return { name: 'output/weights', layout: [512, 7, 7] };
  return state === 'bias' ? { name: 'output/bias' } : undefined;
}
