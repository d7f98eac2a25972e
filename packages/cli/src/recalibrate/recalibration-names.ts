/** Ways to correct predictions, as `--recalibrate` names them. */
export const recalibrationNames = ['offsets', 'matrix'] as const;
