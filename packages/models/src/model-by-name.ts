import { OptionError } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { faceCnn } from './face-cnn.ts';
import { resnet18 } from './resnet18.ts';
import type { Resnet18Options } from './resnet18.ts';

/** Options that a command line or a stored run may give; those that a model does not have are refused. */
export type NamedModelOptions = Resnet18Options;

interface Entry {
  /** Options that the model takes. */
  readonly options: readonly string[];
  readonly create: (options: NamedModelOptions) => Model;
}

const entries: ReadonlyMap<string, Entry> = /* @__PURE__ */ new Map<string, Entry>([
  ['face-cnn', { options: ['classes', 'size', 'channels', 'width'], create: faceCnn }],
  ['resnet18', { options: ['classes', 'size', 'channels', 'width', 'stem'], create: resnet18 }],
  [
    'resnet18-s2',
    {
      options: ['classes', 'size', 'channels', 'width'],
      create: (options) => resnet18({ ...options, stem: '7x7-s2' }),
    },
  ],
]);

/** Names that {@link modelByName} knows. */
export const modelNames: readonly string[] = /* @__PURE__ */ [...entries.keys()];

/**
 * Makes a model from its name: `face-cnn` is {@link faceCnn}, `resnet18` is {@link resnet18}, and `resnet18-s2` is
 * {@link resnet18} with the stem `'7x7-s2'` (no max pooling). A model's own `name` and `options` make the same model again.
 *
 * @throws OptionError for an unknown name, listing the known ones; for an option that the model does not have; and where
 * the model refuses a value.
 * @example modelByName('face-cnn', { classes: 8 })
 */
export function modelByName(name: string, options: NamedModelOptions = {}): Model {
  const entry = entries.get(name);
  if (!entry) throw new OptionError(`No model is named '${name}'. Known: ${modelNames.join(', ')}`);
  const unknown = Object.entries(options).find(
    ([option, value]) => value !== undefined && !entry.options.includes(option),
  );
  if (unknown) {
    throw new OptionError(`Model '${name}' has no option '${unknown[0]}'. It takes ${entry.options.join(', ')}`);
  }
  return entry.create(options);
}
