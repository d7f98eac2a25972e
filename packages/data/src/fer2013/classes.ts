/** FER2013's seven classes in its published label order. */
export const fer2013Classes = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** The columns of a FER+ vote file, in its order. */
export const voteNames = [
  'neutral',
  'happiness',
  'surprise',
  'sadness',
  'anger',
  'disgust',
  'fear',
  'contempt',
  'unknown',
  'NF',
] as const;

/** Index of the votes for `unknown` and `NF` (not a face). */
export const unknownVote = 8;
export const noFaceVote = 9;

/** FER+ emotion (0 neutral … 7 contempt) -> label in FER2013's order; contempt becomes class 7. */
export const ferPlusToFer2013: readonly number[] = [6, 3, 5, 4, 0, 1, 2, 7];

/** Class of contempt. */
export const contempt = 7;

/** Class names: FER2013's seven, or with FER+'s contempt behind them. */
export function ferClassNames(classes: 7 | 8): readonly string[] {
  return classes === 8 ? [...fer2013Classes, 'contempt'] : fer2013Classes;
}
