import type { TransitionMatrix } from './transition-matrix.ts';

/**
 * Training images of FER2013 by FER+ majority (rows) and FER2013 label (columns), both in FER2013's published order;
 * contempt left out. 24,941 images, of which 7,972 (32.0 %) differ. Aggregate counts over the FER+ votes
 * (github.com/microsoft/FERPlus, MIT licence) and FER2013's labels.
 */
const counts: TransitionMatrix = [
  [1639, 53, 288, 16, 72, 21, 11],
  [18, 95, 4, 0, 1, 1, 0],
  [23, 2, 435, 3, 10, 59, 0],
  [87, 10, 86, 6553, 42, 203, 306],
  [231, 63, 710, 7, 1820, 19, 164],
  [97, 2, 503, 116, 30, 2382, 19],
  [998, 24, 1088, 318, 2102, 165, 4045],
];

/**
 * How FER2013's labels really differ from the majority of ten annotators: P(FER2013 label | FER+ majority) over the
 * training images, classes in FER2013's published order (angry, disgust, fear, happy, sad, surprise, neutral).
 *
 * Strongly asymmetric: 46 % of the neutral faces keep their label and 90 % of the happy ones. With FER2013's class
 * shares it makes 32 % of the labels wrong; with even classes, 27 %. Derived from FER+'s votes (MIT licence) as an
 * aggregate; no image and no single label is in it.
 *
 * @example
 * classConditionalNoise(facesDataset({ samples: 4000, seed: 1 }), { matrix: ferLikeMatrix, seed: 2 });
 */
export const ferLikeMatrix: TransitionMatrix = /* @__PURE__ */ counts.map((row) => {
  const total = row.reduce((sum, count) => sum + count, 0);
  return row.map((count) => count / total);
});
