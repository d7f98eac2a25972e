/** Four significant digits, for the JSON of a benchmark. */
export const rounded = (value) => Number(value.toPrecision(4));
