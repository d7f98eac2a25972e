/**
 * The next multiple of a unit.
 *
 * @example ceilTo(13, 4); // 16
 */
export const ceilTo = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
