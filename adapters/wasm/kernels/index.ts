/*
 * Every kernel of the engine. A kernel is `(p: Parameters, task: i32, scratch: usize): void`: it does one of the tasks that
 * a step is made of. Tasks write disjoint memory, in any order, on any thread; what they are depends on shapes alone, so that
 * results do not depend on the number of threads. `scratch` is memory of the thread's own. Parameters are 32-bit words: the
 * build reads the classes and gives TypeScript the same layout.
 *
 * No static data, no objects, no stack in memory: the memory belongs to someone else.
 */
export { copy } from './move';
export { elementWise } from './element-wise';
export { reduceMaximum, reduceSum } from './reduce';
export { padRows, scatterRows, takeRows, transpose } from './shape';
export { packPanels, packPanelsTransposed } from './pack';
export { convolve } from './convolution';
export { convolveFilterGradient, sumParts } from './convolution-filter-gradient';
export { depthwise, depthwiseFilterGradient } from './convolution-depthwise';
export { channelMoments, channelStatistics, normalize, normalizationGradient, normalizationGradientSums } from './batch-norm';
export { adam, ema, sgd } from './optimize';
export { maxPool, maxPoolGrad } from './pool';
export { rankMask } from './rank';
export { softmax } from './softmax';
export { winograd, winogradTiles } from './winograd';
export { winogradFilters } from './winograd-filters';
export { winogradFilterGradient } from './winograd-filter-gradient';
