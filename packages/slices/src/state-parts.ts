import { decodeTrainState, encodeTrainState } from '@selfcure/core';
import type { LabelChange, TrainState } from '@selfcure/core';
import { jsonBytes, parseJson } from './bytes.ts';

/** A piece of an encoded state. */
export interface StatePart {
  /** Such as `weights/conv1/filter`, `weights/a ... weights/f`, `weights/dense/kernel [2/3]`, `log/0`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Sizes in bytes and changes; smaller ones are for tests. */
export interface PartSizes {
  /** Neighbouring arrays of a group share a part up to here. */
  readonly shared: number;
  /** Larger arrays are cut. */
  readonly largest: number;
  /** Label changes of a part of the log. */
  readonly changes: number;
}

const usualSizes: PartSizes = { shared: 1 << 18, largest: 1 << 22, changes: 2048 };

/**
 * A state in parts whose bytes stay the same as long as what is in them does: its safetensors file, cut between arrays, and the
 * log of label changes, which only grows. The same state gives the same parts.
 */
export function splitState(state: TrainState, sizes: PartSizes = usualSizes): StatePart[] {
  const { log } = state.ledger;
  const file = encodeTrainState({ ...state, ledger: { ...state.ledger, log: [] } });
  const { start, arrays } = layoutOf(file);
  const parts: StatePart[] = [{ name: 'header', bytes: file.subarray(0, start) }];

  let shared: ArrayRange[] = [];
  const close = (): void => {
    if (shared.length === 0) return;
    const first = shared[0]!;
    const last = shared.at(-1)!;
    parts.push({
      name: shared.length === 1 ? first.name : `${first.name} ... ${last.name}`,
      bytes: file.subarray(start + first.begin, start + last.end),
    });
    shared = [];
  };
  for (const array of arrays) {
    const size = array.end - array.begin;
    const first = shared[0];
    if (first && (groupOf(first) !== groupOf(array) || array.end - first.begin > sizes.shared)) close();
    if (size <= sizes.largest) {
      shared.push(array);
      continue;
    }
    const count = Math.ceil(size / sizes.largest);
    for (let i = 0; i < count; i++) {
      const from = array.begin + i * sizes.largest;
      parts.push({
        name: `${array.name} [${i + 1}/${count}]`,
        bytes: file.subarray(start + from, start + Math.min(array.end, from + sizes.largest)),
      });
    }
  }
  close();
  for (let from = 0; from < log.length; from += sizes.changes)
    parts.push({ name: `log/${from / sizes.changes}`, bytes: jsonBytes(log.slice(from, from + sizes.changes)) });
  return parts;
}

/**
 * The state that {@link splitState} cut into these parts.
 *
 * @throws CheckpointError where they are not of one state.
 */
export function joinState(parts: readonly StatePart[]): TrainState {
  const isLog = ({ name }: StatePart): boolean => name.startsWith('log/');
  const pieces = parts.filter((part) => !isLog(part));
  const file = new Uint8Array(pieces.reduce((size, { bytes }) => size + bytes.length, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    file.set(bytes, at);
    at += bytes.length;
  }
  const state = decodeTrainState(file);
  const log = parts.filter(isLog).flatMap(({ bytes }) => parseJson(bytes) as LabelChange[]);
  return { ...state, ledger: { ...state.ledger, log } };
}

interface ArrayRange {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

const groupOf = ({ name }: ArrayRange): string => name.slice(0, name.indexOf('/'));

/** Where the arrays of a safetensors file lie, in order; places count from `start`. */
function layoutOf(file: Uint8Array): { start: number; arrays: ArrayRange[] } {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  const header = parseJson(file.subarray(8, start)) as Record<string, { data_offsets: [number, number] }>;
  const arrays = Object.entries(header).flatMap(([name, { data_offsets: place }]) =>
    place ? [{ name, begin: place[0], end: place[1] }] : [],
  );
  return { start, arrays: arrays.sort((a, b) => a.begin - b.begin || a.end - b.end) };
}
