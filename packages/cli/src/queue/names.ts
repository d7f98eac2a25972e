import { specKey } from '@selfcure/experiments';
import type { RunSpec } from '@selfcure/experiments';
import { packageVersion } from '../version.ts';
import type { QueueAddress } from './address.ts';

/** What data runs need: none, or the user's copy of FER2013. */
export type DataKind = RunSpec['data']['kind'];

/** One queue of runs. */
export interface RunQueue {
  readonly address: QueueAddress;
  /** Holds runs of one engine, one version and one kind of data: numbers of two engines or versions are never mixed. */
  readonly name: string;
}

/** The queue of an engine's runs at an address. */
export const runQueue = (address: QueueAddress, backend: string, data: DataKind): RunQueue => ({
  address,
  name: `runs-${backend}-${packageVersion()}-${data}`,
});

/** How long Redis keeps outcomes, failures and the states of runs that nobody goes on with, in milliseconds: a week. */
export const keptFor: number = 7 * 24 * 3600 * 1000;

/** A run as it lies in the queue: what to compute, and nothing of where. */
export interface QueuedRun {
  readonly spec: RunSpec;
  /** Other runs start from its backbone. */
  readonly keepBackbone: boolean;
}

/** Name of a run in its queue: the same run is there once, whoever asks for it. */
export const runIdOf = ({ spec, keepBackbone }: QueuedRun): string =>
  `${specKey(spec)}${keepBackbone ? '-with-backbone' : ''}`;

/** What a worker says of a run under way. */
export interface RunProgress {
  /** Finished. */
  readonly epoch: number;
}
