import type { Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';
import type { KernelOptions } from './builder.ts';
import { productSteps, tilesOf } from './product.ts';
import type { Product, Tile } from './product.ts';

/** A way to compute a product, by a name that is the same in every run. */
export interface Variant {
  readonly name: string;
  /** Null for tiles in registers alone. */
  readonly tile: Tile | null;
  readonly parts: number;
}

/** How a product is computed without workgroup memory. */
export const registers: Variant = { name: 'registers', tile: null, parts: 1 };

/** Rows, columns and terms of what a workgroup computes at a time, and its invocations. */
const tile = (rows: number, columns: number, slice: number, size: number): Tile => ({ rows, columns, slice, size });
const narrow = tile(64, 16, 16, 64);
const low = tile(32, 64, 16, 64);
const small = tile(32, 32, 16, 64);
const usual = tile(64, 32, 16, 64);
/** Those that are measured where nothing else is given. */
export const usualTiles: readonly Tile[] = [
  usual,
  small,
  low,
  narrow,
  tile(64, 32, 8, 64),
  tile(64, 64, 16, 256),
  tile(64, 64, 8, 256),
  tile(128, 64, 16, 256),
];

/** Terms that a part of a sum has at least where nothing else is given. */
const usualTerms = 256;
/** Terms that one running sum has at most: longer ones round too much. */
const mostTerms = 8192;

/** Parts that a sum is split into: where the tiles alone would not keep the device busy, and where it is long. */
function partsOf(product: Product, chosen: Tile, { parallel, fewestTerms = usualTerms }: KernelOptions): number {
  const wanted = Math.floor(parallel / (tilesOf(product, chosen) * chosen.size));
  const most = Math.floor(product.terms / fewestTerms);
  return Math.max(1, Math.min(wanted, most), Math.ceil(product.terms / mostTerms));
}

function variantOf(chosen: Tile, parts: number): Variant {
  const { rows, columns, slice, size } = chosen;
  return { name: `${rows}x${columns}x${slice}@${size}/${parts}`, tile: chosen, parts };
}

/** All ways to compute a product, as far as the device has room for them. */
export function variantsOf(product: Product, options: KernelOptions): readonly Variant[] {
  const { maxInvocations = 64, shapes = usualTiles, fewestTerms = usualTerms } = options;
  const useful = shapes.filter(
    ({ rows, columns, size }) =>
      size <= maxInvocations && rows < 2 * Math.max(32, product.rows) && columns < 2 * Math.max(16, product.columns),
  );
  return [
    registers,
    ...useful.flatMap((one) => {
      const parts = partsOf(product, one, options);
      const finer = 4 * parts <= product.terms / fewestTerms ? [4 * parts] : [];
      return [parts, ...finer].map((count) => variantOf(one, count));
    }),
  ];
}

/** What is taken where nothing was measured. */
function usualVariant(product: Product, options: KernelOptions): Variant {
  if (options.tiles !== 'workgroup') return registers;
  const wide = product.columns > 32;
  const chosen = product.columns <= 16 ? narrow : product.rows > 32 ? usual : wide ? low : small;
  return variantOf(chosen, partsOf(product, chosen, options));
}

/**
 * The steps of a product: as was chosen for it, else as the device suggests.
 *
 * @param inRegisters its steps without workgroup memory.
 */
export function variantSteps(
  node: Node,
  product: Product,
  options: KernelOptions,
  inRegisters: () => readonly Step[],
): readonly Step[] {
  const name = options.chosen?.(node);
  const chosen = variantsOf(product, options).find((variant) => variant.name === name);
  const { tile: taken, parts } = chosen ?? usualVariant(product, options);
  return taken ? productSteps(node, product, { tile: taken, parts }, options) : inRegisters();
}
