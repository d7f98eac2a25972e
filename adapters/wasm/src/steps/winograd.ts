import { attributesOf, workspace } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { ceilTo } from './parts.ts';
import { sumParts } from './sum-parts.ts';

/*
 * Convolutions 3x3 of stride 1 by Winograd's transforms. Sizes of blocks are those of caches: what a task transforms stays in the
 * second level while it is multiplied.
 */

type Shape4 = readonly [number, number, number, number];

/** Outputs of a tile along an axis; 3 is for whole maps of 3x3 with padding 1. */
const families = [3, 4, 6] as const;
type Family = (typeof families)[number];

/** Outputs of a block of transformed filters. */
const filterWidth = 16;
/** Most channels that are summed over at a time: the errors of short sums are smaller, and they add up at random. */
const mostTerms = 64;
/** Bytes of transformed tiles of one task. */
const tileBytes = 300_000;
/** Bytes of transformed tiles and gradients together. */
const pairBytes = 1_150_000;
/** Bytes of the sums of a filter gradient that a task keeps to itself. */
const sumBytes = 1_200_000;
/** Bytes of a workspace for transformed images and gradients. */
const workspaceBytes = 2 ** 25;
/** Bytes of a tile while it is transformed. */
const copyBytes = 2 ** 14;
/** Tiles whose products are transformed back together. */
const outputRun = 4;
/** Parts of a filter gradient that are summed up. */
const gradientParts = 8;
const manyTasks = 16;
const maxTasks = 64;

/** Equal parts of `length`, at most `most` long (but one unit) and whole multiples of `unit`, which may end beyond it: the length of a part. */
function part(length: number, most: number, unit: number): number {
  const count = Math.ceil(length / Math.max(unit, Math.floor(most / unit) * unit));
  return ceilTo(Math.ceil(length / count), unit);
}

/** Bytes of a plane; planes of a multiple of 4 KiB would meet in the same set of the cache. */
const planeBytes = (rows: number, columns: number): number => 4 * rows * columns + 64;

/** A convolution of stride 1 as it is computed: x -> y, zeros above and left of x. */
interface Geometry {
  readonly x: Shape4;
  readonly y: Shape4;
  readonly top: number;
  readonly left: number;
}

interface Tiles {
  readonly family: Family;
  /** Points of a tile: in all, and along an axis. */
  readonly points: number;
  readonly side: number;
  /** Tiles of an image along its axes, and of all images. */
  readonly down: number;
  readonly across: number;
  readonly count: number;
}

function tilesOf(family: Family, [n, height, width]: Shape4): Tiles {
  const side = family === 3 ? 4 : family + 2;
  const [down, across] = [Math.ceil(height / family), Math.ceil(width / family)];
  return { family, side, points: side ** 2, down, across, count: n * down * across };
}

/** The tiles that cost least, or null where plain products cost less. Costs are estimates of processor cycles. */
function choose({ x, y, top, left }: Geometry): Tiles | null {
  const [channels, outputs] = [x[3], y[3]];
  if (channels % 8 !== 0 || outputs % 8 !== 0 || channels < 16 || outputs < 16) return null;
  const products = channels * outputs;
  const direct = (y[0] * y[1] * y[2] * 9 * products) / 6.4;
  const small = [x[1], x[2], y[1], y[2]].every((length) => length === 3) && top === 1 && left === 1;
  const costs = families.slice(small ? 0 : 1).map((family) => {
    const tiles = tilesOf(family, y);
    const { points, count } = tiles;
    return { tiles, cost: points * (count * (products / 7.4 + 0.6 * (channels + outputs)) + products) };
  });
  const best = costs.reduce((a, b) => (b.cost < a.cost ? b : a));
  return best.cost < direct ? best.tiles : null;
}

/** How planes of transformed tiles are laid out: bytes between planes, groups of four tiles, tiles, groups of 16 channels. */
interface Layout {
  readonly plane: number;
  readonly quad: number;
  readonly tile: 16 | 64;
  readonly group: number;
}

/** A table of the class `Tiling` of the kernels, and the scratch memory that the transform takes. */
interface Tiling {
  readonly words: Int32Array;
  readonly channels: number;
  readonly scratchBytes: number;
}

/** @param kind 0: the input of a convolution; 3: the gradient of its output. */
function tiling(tiles: Tiles, kind: 0 | 3, image: Shape4, corner: readonly [number, number], layout: Layout): Tiling {
  const [, height, width, channels] = image;
  const chunk = part(channels, copyBytes / (4 * tiles.points), 16);
  const { plane, quad, tile, group } = layout;
  const place = [...(tiles.family === 3 ? [0, 0] : corner), tiles.down, tiles.across];
  const words = [tiles.family, kind, height, width, channels, ...place, plane, quad, tile, group, chunk];
  return { words: Int32Array.from(words), channels, scratchBytes: 4 * tiles.points * chunk };
}

/** Transforms all tiles of an image. */
function tilesStep(image: Node, { words, channels, scratchBytes }: Tiling, count: number, to: Node): Step {
  const tileShare = part(count, Math.ceil(count / manyTasks), 4);
  const ranges = Math.ceil(count / tileShare);
  const channelShare = part(channels, Math.max(64, Math.ceil((channels * ranges) / manyTasks)), 16);
  return step(
    'winogradTiles',
    { image, tiling: words, to, count, tileShare, channelShare },
    { tasks: ranges * Math.ceil(channels / channelShare), writes: [to], scratchBytes },
  );
}

/** Scratch memory of a task that transforms filters. */
const filterScratch = ({ side }: Tiles): number => 4 * filterWidth * 16 * (9 + 3 * side);

/** Scratch memory of a task that transforms products back. */
const outputScratch = ({ family, side }: Tiles): number => 4 * filterWidth * (36 + family * side * outputRun);

interface Convolution {
  readonly x: Node;
  readonly filter: Node;
  /** Whether the filter is the one of the opposite direction. */
  readonly turned: boolean;
  readonly y: Node;
}

/** y = x convolved with the filter. */
function convolve(geometry: Geometry, tiles: Tiles, { x, filter, turned, y }: Convolution): Step[] {
  const { family, points, count } = tiles;
  const [, , , channels] = geometry.x;
  const [, height, width, outputs] = geometry.y;
  const filterBlocks = Math.ceil(outputs / filterWidth);
  const terms = part(channels, mostTerms, 16);
  // The larger of tiles and filters is transformed by the tasks that multiply it.
  const byTiles = outputs <= count;
  const share = byTiles ? part(count, tileBytes / (4 * points * channels), 4) : ceilTo(count, 4);
  const quad = 16 * ceilTo(channels, 16);
  const tilePlane = planeBytes(share, ceilTo(channels, 16));
  const filterPlane = planeBytes(filterWidth, byTiles ? channels : Math.min(terms, channels));
  const input = tiling(tiles, 0, geometry.x, [geometry.top, geometry.left], {
    plane: tilePlane,
    quad,
    tile: 64,
    group: 256,
  });
  const productsAt = ceilTo(Math.max(filterScratch(tiles), outputScratch(tiles), input.scratchBytes), 64);
  const blockAt = productsAt + 4 * points * filterWidth * share;
  const common = {
    tiling: input.words,
    turned: Number(turned),
    y,
    height,
    width,
    outputs,
    count,
    share,
    terms,
    filterPlane,
    tilePlane,
    productsAt,
    blockAt,
  };
  if (byTiles) {
    const filters = workspace([filterBlocks, points, filterPlane / 4]);
    return [
      step(
        'winogradFilters',
        { filter, to: filters, family, channels, outputs, turned: Number(turned), plane: filterPlane },
        { tasks: filterBlocks, writes: [filters], scratchBytes: filterScratch(tiles) },
      ),
      step(
        'winograd',
        { ...common, image: x, tiles: 0, filter: 0, filters },
        { tasks: Math.ceil(count / share), writes: [y], scratchBytes: blockAt + points * tilePlane },
      ),
    ];
  }
  const transformed = workspace([points, tilePlane / 4]);
  return [
    tilesStep(x, input, count, transformed),
    step(
      'winograd',
      { ...common, image: 0, tiles: transformed, filter, filters: 0 },
      { tasks: filterBlocks, writes: [y], scratchBytes: blockAt + points * filterPlane },
    ),
  ];
}

interface Correlation {
  readonly x: Node;
  readonly upstream: Node;
  readonly filter: Node;
}

/** The filter's gradient. */
function correlate(geometry: Geometry, tiles: Tiles, { x, upstream, filter }: Correlation): Step[] {
  const { points, side, count } = tiles;
  const [channels, outputs] = [geometry.x[3], geometry.y[3]];
  const size = 9 * channels * outputs;
  // Few sums: every task takes some tiles and adds them up to a part of the gradient.
  const inParts =
    4 * points * channels * outputs <= sumBytes || 4 * points * count * (channels + outputs) > workspaceBytes;
  const block = inParts ? part(count, pairBytes / (4 * points * (channels + outputs)), 4) : count;
  const tilePlane = planeBytes(block, ceilTo(channels, 16));
  const gradientPlane = planeBytes(block, ceilTo(outputs, 16));
  const group = inParts ? 0 : 64 * count;
  const input = tiling(tiles, 0, geometry.x, [geometry.top, geometry.left], {
    plane: tilePlane,
    quad: 64,
    tile: 16,
    group,
  });
  const gradient = tiling(tiles, 3, geometry.y, [0, 0], { plane: gradientPlane, quad: 256, tile: 64, group });
  const outputShare = inParts ? outputs : part(outputs, 64, 16);
  const perTask = Math.max(32, (channels * outputs) / outputShare / maxTasks);
  const channelShare = inParts ? channels : part(channels, perTask, 16);
  const sumsAt = ceilTo(Math.max(input.scratchBytes, gradient.scratchBytes, 12 * side * outputShare), 64);
  const tilesAt = sumsAt + points * planeBytes(channelShare, outputShare);
  const gradientsAt = tilesAt + points * tilePlane;
  const common = {
    tiling: input.words,
    upstreamTiling: gradient.words,
    count,
    block,
    channelShare,
    outputShare,
    sumsAt,
    tilesAt,
    gradientsAt,
  };
  if (inParts) {
    const share = block * Math.ceil(count / block / gradientParts);
    const parts = Math.ceil(count / share);
    const to = parts > 1 ? workspace([parts, size]) : filter;
    return [
      step(
        'winogradFilterGradient',
        { ...common, image: x, tiles: 0, upstream, gradients: 0, to, share },
        { tasks: parts, writes: [to], scratchBytes: gradientsAt + points * gradientPlane },
      ),
      ...sumParts(to, filter),
    ];
  }
  const transformed = workspace([points, tilePlane / 4]);
  const gradients = workspace([points, gradientPlane / 4]);
  const tasks = Math.ceil(channels / channelShare) * Math.ceil(outputs / outputShare);
  return [
    tilesStep(x, input, count, transformed),
    tilesStep(upstream, gradient, count, gradients),
    step(
      'winogradFilterGradient',
      { ...common, image: 0, tiles: transformed, upstream: 0, gradients, to: filter, share: 0 },
      { tasks, writes: [filter], scratchBytes: tilesAt },
    ),
  ];
}

/**
 * Steps of `conv2d`, `conv2dGradInput` or `conv2dGradFilter` by Winograd's transforms; null where these do not apply (other filters
 * than 3x3, strides, groups, channel counts that are not multiples of 8) or do not pay.
 */
export function winogradSteps(node: Node): readonly Step[] | null {
  const { stride, padding, groups } = attributesOf<ConvolutionAttributes>(node);
  const [first, second] = node.inputs as [Node, Node];
  const [a, b, c] = [first, second, node].map(({ shape }) => shape) as unknown as [Shape4, Shape4, Shape4];
  const ofFilter = node.op === 'conv2dGradFilter';
  const filter = ofFilter ? c : b;
  const applies = groups === 1 && stride.every((s) => s === 1) && padding.every((p) => p <= 2);
  if (!applies || filter[0] !== 3 || filter[1] !== 3) return null;
  const turned = node.op === 'conv2dGradInput';
  const [top, , left] = turned ? padding.map((p) => 2 - p) : padding;
  const geometry = { x: a, y: ofFilter ? b : c, top: top!, left: left! };
  const tiles = choose(geometry);
  if (!tiles) return null;
  return ofFilter
    ? correlate(geometry, tiles, { x: first, upstream: second, filter: node })
    : convolve(geometry, tiles, { x: first, filter: second, turned, y: node });
}
