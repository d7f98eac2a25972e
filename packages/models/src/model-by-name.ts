import { OptionError } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { dlibFace } from './dlib-face.ts';
import type { DlibFaceLayer, DlibFaceOptions } from './dlib-face.ts';
import { faceCnn } from './face-cnn.ts';
import { featureModel } from './feature/feature-model.ts';
import type { FeatureModelOptions } from './feature/feature-model.ts';
import { ir50 } from './ir50.ts';
import type { Ir50End, Ir50Options } from './ir50.ts';
import { resnet18 } from './resnet18.ts';
import type { Resnet18Options } from './resnet18.ts';

/** Options that a command line or a stored run may give; those that a model does not have are refused. */
export type NamedModelOptions = Resnet18Options &
  Omit<DlibFaceOptions, 'until'> &
  Partial<FeatureModelOptions> & { readonly until?: NonNullable<DlibFaceOptions['until'] | Ir50Options['until']> };

interface Entry {
  /** Options that the model takes. */
  readonly options: readonly string[];
  readonly create: (options: NamedModelOptions) => Model;
}

const entries: ReadonlyMap<string, Entry> = /* @__PURE__ */ new Map<string, Entry>([
  [
    'dlib-face',
    {
      options: ['classes', 'size', 'channels', 'resolution', 'until'],
      create: ({ until, ...options }) =>
        dlibFace({ ...options, ...(until !== undefined && { until: until as DlibFaceLayer }) }),
    },
  ],
  ['face-cnn', { options: ['classes', 'size', 'channels', 'width'], create: faceCnn }],
  [
    'features',
    {
      options: ['classes', 'length'],
      create: ({ length = 0, classes }) => featureModel({ length, ...(classes !== undefined && { classes }) }),
    },
  ],
  [
    'ir50',
    {
      options: ['classes', 'size', 'channels', 'until'],
      create: ({ until, ...options }) => ir50({ ...options, ...(until !== undefined && { until: until as Ir50End }) }),
    },
  ],
  ['resnet18', { options: ['classes', 'size', 'channels', 'width', 'stem'], create: resnet18 }],
  [
    'resnet18-s2',
    {
      options: ['classes', 'size', 'channels', 'width'],
      create: (options) => resnet18({ ...options, stem: '7x7-s2' }),
    },
  ],
]);

/**
 * Names of models that are trained on images from drawn weights, which a command line may offer. {@link modelByName} knows
 * `dlib-face`, `features` and `ir50` besides, whose weights come from elsewhere.
 */
export const modelNames: readonly string[] = ['face-cnn', 'resnet18', 'resnet18-s2'];

/**
 * Makes a model from its name: `face-cnn` is {@link faceCnn}, `resnet18` is {@link resnet18}, and `resnet18-s2` is
 * {@link resnet18} with the stem `'7x7-s2'` (no max pooling); `dlib-face` is {@link dlibFace}, `ir50` {@link ir50} and `features`
 * {@link featureModel}, all without weights. A model's own `name` and `options` make the same model again.
 *
 * @throws OptionError for an unknown name, listing the known ones; for an option that the model does not have; and where
 * the model refuses a value.
 * @example modelByName('face-cnn', { classes: 8 })
 */
export function modelByName(name: string, options: NamedModelOptions = {}): Model {
  const entry = entries.get(name);
  if (!entry) throw new OptionError(`No model is named '${name}'. Known: ${[...entries.keys()].join(', ')}`);
  const unknown = Object.entries(options).find(
    ([option, value]) => value !== undefined && !entry.options.includes(option),
  );
  if (unknown) {
    throw new OptionError(`Model '${name}' has no option '${unknown[0]}'. It takes ${entry.options.join(', ')}`);
  }
  return entry.create(options);
}
