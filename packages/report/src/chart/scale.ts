/** Round numbers that cover a range: about `count` of them. */
export function ticks(low: number, high: number, count = 4): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** A tick label: as short as the number allows. */
export function tickLabel(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 10000 || (magnitude < 0.001 && magnitude > 0)) return value.toExponential(0);
  return String(Number(value.toPrecision(3)));
}
