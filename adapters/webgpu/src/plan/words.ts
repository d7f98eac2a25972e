import { resolve } from '@selfcure/tensor';
import type { Place, Placing } from './place.ts';
import { bufferNumbers, rowWords, tableElements, windowsOf } from './source.ts';
import type { Source, Windows } from './source.ts';
import type { TableKernel } from './step.ts';

/** What a dispatch by windows binds. */
export interface Worded {
  readonly windows: Windows;
  readonly words: Uint32Array<ArrayBuffer>;
  /** Rows of a table; 0 where there is none. */
  readonly rows: number;
}

/** A part of a row of a table that one workgroup updates. */
interface Piece {
  readonly value: Place;
  readonly states: readonly Place[];
  readonly elements: number;
  readonly number: number;
}

/**
 * The words of a kernel by windows; several of a table where one window would be longer than a device binds.
 *
 * @param at bytes from the start of its buffer to a place: states differ in where they keep their values.
 */
export function wordsOf(
  { header, fixed, table }: Pick<Source, 'header' | 'fixed' | 'table'>,
  placing: Placing,
  at: (place: Place) => number,
  maxBytes: number,
): readonly Worded[] {
  const placed = header.map((place) => ({ ...place, from: at(place) }));
  const base = windowsOf(placed, fixed);
  if (!table) return [lay(base, placed, [])];
  const batches: { pieces: Piece[]; windows: Windows }[] = [];
  for (const piece of piecesOf(table, placing, at)) {
    const last = batches.at(-1);
    const places = [piece.value, ...piece.states];
    const grown = windowsOf(places, last?.windows ?? base);
    if (last && Object.values(grown).every(({ bytes }) => bytes <= maxBytes)) {
      last.pieces.push(piece);
      last.windows = grown;
    } else batches.push({ pieces: [piece], windows: windowsOf(places, base) });
  }
  return batches.map(({ pieces, windows }) => lay(windows, placed, pieces));
}

function piecesOf({ rows }: TableKernel, placing: Placing, at: (place: Place) => number): Piece[] {
  return rows.flatMap(({ states, value, length, number }) => {
    const { node: root, bytes } = resolve({ node: value, bytes: 0 });
    const place = placing(root);
    const start = at(place) + bytes;
    const whole = states.map((name): Place => ({ buffer: 'state', name, from: 0, bytes: 4 * length }));
    return Array.from({ length: Math.ceil(length / tableElements) }, (_, k): Piece => {
      const first = k * tableElements;
      const elements = Math.min(tableElements, length - first);
      const part = (from: number, of: Place): Place => ({ ...of, from: from + 4 * first, bytes: 4 * elements });
      return { value: part(start, place), states: whole.map((state) => part(at(state), state)), elements, number };
    });
  });
}

function lay(windows: Windows, header: readonly Place[], pieces: readonly Piece[]): Worded {
  const element = ({ buffer, from }: Place): number => (from - windows[buffer]!.from) / 4;
  const words = new Uint32Array(header.length + rowWords * pieces.length);
  const floats = new Float32Array(words.buffer);
  header.forEach((place, k) => (words[k] = element(place)));
  pieces.forEach(({ value, states, elements, number }, k) => {
    const row = header.length + rowWords * k;
    words.set([elements, 0, bufferNumbers[value.buffer], element(value), ...states.map(element)], row);
    floats[row + 1] = number;
  });
  return { windows, words, rows: pieces.length };
}
