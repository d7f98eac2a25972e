/** Size of a chart and of its margins, in units of its view box. */
export const frame: Readonly<Record<'width' | 'height' | 'left' | 'right' | 'top' | 'bottom', number>> = {
  width: 360,
  height: 190,
  left: 46,
  right: 10,
  top: 10,
  bottom: 32,
};

/**
 * Round numbers (1, 2 or 5 times a power of ten apart) within [low, high], rising: at most `count` + 1 of them. Only `low`
 * where the range is empty or too narrow for floating point to part.
 *
 * @example ticks(0, 1, 5) // [0, 0.2, 0.4, 0.6, 0.8, 1] but for rounding
 */
export function ticks(low: number, high: number, count = 5): number[] {
  // Below 1e-300 the step would be no number that floating point divides by.
  if (!(high - low > Math.max(1e-300, 1e-9 * Math.max(Math.abs(low), Math.abs(high))))) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-6);
  const last = Math.floor(high / step + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Labels of ticks: as short as tells their exact distance.
 *
 * @example tickLabels([0, 0.1 + 0.2]) // ['0', '0.3']
 */
export function tickLabels(values: readonly number[]): string[] {
  const step = values.length > 1 ? Math.abs(values[1]! - values[0]!) : 0;
  const exact = (digits: number): boolean =>
    values.every((value) => Math.abs(Number(value.toPrecision(digits)) - value) <= step / 1000);
  let digits = 3;
  while (step > 0 && digits < 15 && !exact(digits)) digits++;
  return values.map((value) => {
    if (Math.abs(value) < step / 1000) return '0';
    const rounded = Number(value.toPrecision(digits));
    const magnitude = Math.abs(rounded);
    return magnitude >= 100_000 || (magnitude < 0.0001 && magnitude > 0) ? rounded.toExponential() : String(rounded);
  });
}
