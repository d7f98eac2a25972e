import pMap from 'p-map';
import type { TrainState } from '@selfcure/core';
import { jsonBytes, parseJson, sha256 } from './bytes.ts';
import { DamagedStateError } from './errors.ts';
import type { Generation, Head, RunStatus } from './head.ts';
import type { Lease } from './lease.ts';
import { joinState, splitState } from './state-parts.ts';
import type { PartSizes } from './state-parts.ts';
import type { SliceStore } from './store/slice-store.ts';

/** What the key of a part is made of: its content, and the lease and the generation that it was written for. */
export interface PartPlace {
  readonly sha256: string;
  readonly fence: number;
  readonly generation: number;
}

/** A part as a manifest lists it. */
export interface StoredPart extends PartPlace {
  readonly name: string;
  readonly bytes: number;
}

/** What a generation consists of: its parts, in the order in which they are joined. */
export type Manifest = readonly StoredPart[];

/** A stored state, read and verified. */
export interface Loaded {
  readonly generation: Generation;
  readonly manifest: Manifest;
  readonly state: TrainState;
}

const transfersAtOnce = 8;
const partsFolder = (runId: string): string => `${runId}/parts`;

/**
 * A key that was removed never comes back, and every key names its lease: what a worker that has lost the run still writes or
 * removes, and what a request does that arrives late, is never what a later generation relies on.
 */
const partKey = (runId: string, { sha256: digest, fence, generation }: PartPlace): string =>
  `${partsFolder(runId)}/${digest}.${fence}.${generation}`;

const fenceOf = (key: string): number => Number(key.split('.').at(-2));

const manifestPlace = ({ manifest, fence, number }: Generation): PartPlace => ({
  sha256: manifest,
  fence,
  generation: number,
});

/**
 * Saves a state as the next generation of a run: parts that the newest generation lacks, then the manifest, then the record.
 * Afterwards removes what the last two generations do not use.
 *
 * @param base the newest generation, as it was loaded or saved under this lease; its parts are not written again.
 * @returns the new base, or null where another worker holds the run.
 */
export async function saveGeneration(options: {
  readonly store: SliceStore;
  readonly runId: string;
  readonly lease: Lease;
  readonly base: Omit<Loaded, 'state'> | null;
  readonly state: TrainState;
  readonly status: RunStatus;
  readonly epochs: number;
  readonly sizes?: PartSizes;
}): Promise<Omit<Loaded, 'state'> | null> {
  const { store, runId, lease, base, state, status, epochs, sizes } = options;
  const { fence, generations } = lease.head;
  const number = (generations[0]?.number ?? 0) + 1;
  const known = new Map(base?.manifest.map((part) => [part.sha256, part]));
  const fresh = new Map<string, Uint8Array>();
  const manifest: StoredPart[] = [];
  for (const { name, bytes } of splitState(state, sizes)) {
    const digest = await sha256(bytes);
    const { fence: writer, generation: written } = known.get(digest) ?? { fence, generation: number };
    if (!known.has(digest)) fresh.set(digest, bytes);
    manifest.push({ name, bytes: bytes.length, sha256: digest, fence: writer, generation: written });
  }
  const put = (digest: string, bytes: Uint8Array): Promise<void> =>
    store.set(partKey(runId, { sha256: digest, fence, generation: number }), bytes);
  await pMap(fresh, async ([digest, bytes]) => (lease.lost ? undefined : put(digest, bytes)), {
    concurrency: transfersAtOnce,
  });
  const list = jsonBytes(manifest);
  const generation: Generation = {
    number,
    fence,
    manifest: await sha256(list),
    epoch: state.epoch,
    step: state.step,
    epochs,
    log: state.history.at(-1) ?? null,
    status,
  };
  if (lease.lost) return null;
  await put(generation.manifest, list);
  const kept = await lease.update((head) => withGeneration(head, generation, base?.generation));
  if (!kept) return null;
  await removeUnused(store, runId, fence, [{ generation, manifest }, ...(base ? [base] : [])]);
  return { generation, manifest };
}

/** The record with a new generation before the one that it goes on from. */
function withGeneration(head: Head, generation: Generation, base: Generation | undefined): Head {
  return { ...head, generations: base ? [generation, base] : [generation], attempts: 0 };
}

/** Removes parts that no kept generation uses: of older ones, and of workers that died before they had written the record. */
async function removeUnused(
  store: SliceStore,
  runId: string,
  fence: number,
  generations: readonly Omit<Loaded, 'state'>[],
): Promise<void> {
  const used = new Set(
    generations.flatMap(({ generation, manifest }) => [
      partKey(runId, manifestPlace(generation)),
      ...manifest.map((part) => partKey(runId, part)),
    ]),
  );
  const unused = (await store.keys(partsFolder(runId))).filter(
    // A later worker's parts may wait for their record.
    (key) => !used.has(key) && fenceOf(key) <= fence,
  );
  await pMap(unused, (key) => store.remove(key), { concurrency: transfersAtOnce });
}

/**
 * Reads a generation and verifies every part.
 *
 * @throws DamagedStateError where a part is missing or has other bytes than were written; it names the part.
 */
export async function loadGeneration(store: SliceStore, runId: string, generation: Generation): Promise<Loaded> {
  const read = async (name: string, part: PartPlace): Promise<Uint8Array> => {
    const bytes = await store.get(partKey(runId, part));
    const problem = !bytes
      ? 'is missing'
      : (await sha256(bytes)) === part.sha256
        ? null
        : `has ${bytes.length} bytes that are not those that were written`;
    if (bytes && problem === null) return bytes;
    throw new DamagedStateError(
      { runId, generation: generation.number, part: name, problem: problem! },
      "Restore it from a copy of the store, or go on from the generation before: { onDamage: 'previous' }",
    );
  };
  const manifest = parseJson(await read('manifest', manifestPlace(generation))) as Manifest;
  const parts = await pMap(manifest, async (part) => ({ name: part.name, bytes: await read(part.name, part) }), {
    concurrency: transfersAtOnce,
  });
  return { generation, manifest, state: joinState(parts) };
}
