/**
 * Data for selfcure: procedural faces, FER2013 and FER+, arrays in memory, label noise, augmentation and splits. Runs in
 * browsers too; what reads files is in `@selfcure/data/node`.
 *
 * @module
 */
export { DataError } from './error/data-error.ts';
export type { DataErrorCode, DataFault } from './error/data-error.ts';

export { arrayDataset } from './set/array-dataset.ts';
export type { ArrayDatasetOptions } from './set/array-dataset.ts';
export type { GroupedDataset } from './set/data-set.ts';
export { fingerprint } from './set/fingerprint.ts';
export type { FingerprintParts } from './set/fingerprint.ts';

export { facesDataset } from './faces/faces-dataset.ts';
export type { FacesDataset, FacesOptions } from './faces/faces-dataset.ts';
export { defaultFaceKnobs } from './faces/knobs.ts';
export type { FaceKnobs } from './faces/knobs.ts';
export { expressionNames } from './faces/expressions.ts';
export type { ExpressionName } from './faces/expressions.ts';
export type { Face, FaceLook } from './faces/face.ts';
export type { ActionUnits } from './faces/action-units.ts';
export type { HairStyle, Identity } from './faces/identity.ts';
export type { Occluder } from './faces/occluder.ts';
export type { View } from './faces/canvas.ts';

export { readFerTable } from './fer2013/table.ts';
export type { CsvRecords, CsvSource, FerSources, FerSplit, FerTable } from './fer2013/table.ts';
export { ferDatasetOf } from './fer2013/fer-dataset.ts';
export type { FerDataset, FerDropReason, FerLabels, FerOptions, FerSummary } from './fer2013/fer-dataset.ts';
export type { NoLabel, TiePolicy } from './fer2013/votes.ts';

export { symmetricNoise } from './noise/symmetric.ts';
export type { SymmetricNoiseOptions } from './noise/symmetric.ts';
export { classConditionalNoise } from './noise/class-conditional.ts';
export type { ClassConditionalNoiseOptions } from './noise/class-conditional.ts';
export { pairNoise } from './noise/pair.ts';
export type { PairNoiseOptions } from './noise/pair.ts';
export { featureDependentNoise } from './noise/feature-dependent.ts';
export type { FeatureDependentNoiseOptions, FeatureRows } from './noise/feature-dependent.ts';
export { ferLikeMatrix } from './noise/fer-like-matrix.ts';
export type { TransitionMatrix } from './noise/transition-matrix.ts';
export type { Noise, NoiseKind, NoiseMode, NoisyDataset } from './noise/noisy-dataset.ts';

export { horizontalFlip } from './augmentation/horizontal-flip.ts';
export { randomShift } from './augmentation/random-shift.ts';
export { randomErasing } from './augmentation/random-erasing.ts';
export type { RandomErasingOptions } from './augmentation/random-erasing.ts';
export { gaussianNoise } from './augmentation/gaussian-noise.ts';
export type { GaussianNoiseOptions } from './augmentation/gaussian-noise.ts';
export { compose } from './augmentation/compose.ts';
export { faceAugmentation } from './augmentation/face-augmentation.ts';

export { subset } from './split/subset.ts';
export type { SubsetDataset } from './split/subset.ts';
export { split } from './split/split.ts';
export type { SplitOptions } from './split/split.ts';
export { groupFolds } from './split/group-folds.ts';
export type { Fold, GroupFoldsOptions } from './split/group-folds.ts';
export { holdOut } from './split/hold-out.ts';
export type { HoldOutOptions } from './split/hold-out.ts';
export { classProportionalSubset } from './split/class-proportional-subset.ts';
export { duplicateGroups } from './split/duplicate-groups.ts';
export { identicalImages } from './split/identical-images.ts';
export { similarImages } from './split/similar-images.ts';
export type { NearLimits } from './inspect/difference-hash.ts';
export type { SampleOf } from './split/identical-images.ts';
export { cachedImages } from './set/cached-images.ts';
export type { CachedImagesOptions } from './set/cached-images.ts';
