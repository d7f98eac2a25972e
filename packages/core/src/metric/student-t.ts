import { OptionError } from '../errors.ts';
import { portableCos, portableSin } from '../random/portable-math.ts';
import { checkWhole } from './check.ts';

/**
 * P(|T| <= sqrt(degrees) tan(angle)) of Student's distribution, a finite series for whole degrees of freedom
 * (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 */
function probabilityWithin(angle: number, degrees: number): number {
  const sine = portableSin(angle);
  const cosine = portableCos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let series = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    series += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * series) : sine * series;
}

/**
 * The number t with P(|T| <= t) = `coverage` for Student's distribution: half the width of a two-sided interval, in
 * standard errors. Relative error below 1e-9.
 *
 * @param degrees degrees of freedom, a whole number from 1.
 * @param coverage in (0, 1). Default 0.95.
 * @throws OptionError where either is out of range.
 * @example studentT(4) // 2.7764451…
 */
export function studentT(degrees: number, coverage = 0.95): number {
  checkWhole('studentT', 'degrees', degrees, 1);
  if (!(coverage > 0 && coverage < 1)) {
    throw new OptionError(`studentT: coverage is ${coverage}. Pass a number between 0 and 1, such as 0.95`);
  }
  let low = 0;
  let high = Math.PI / 2;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (probabilityWithin(middle, degrees) < coverage) low = middle;
    else high = middle;
  }
  return (Math.sqrt(degrees) * portableSin(low)) / portableCos(low);
}
