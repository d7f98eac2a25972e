import { CheckpointError } from '../errors.ts';
import type { TrainState } from '../train/state.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { SafetensorsArray } from './safetensors.ts';

const FORMAT = 'selfcure-train-state-1';

type Numbers = SafetensorsArray['data'];
const flat = (data: Numbers): SafetensorsArray => ({ data, shape: [data.length] });
const prefixed = (prefix: string, arrays: Readonly<Record<string, Numbers>>): [string, SafetensorsArray][] =>
  Object.entries(arrays).map(([name, data]) => [`${prefix}/${name}`, flat(data)]);

/**
 * A {@link TrainState} as one safetensors file: arrays by name, everything else as JSON in its metadata.
 *
 * @example await writeFile('checkpoint.safetensors', encodeTrainState(run.state));
 */
export function encodeTrainState(state: TrainState): Uint8Array {
  const { weights, memory, ledger, plan, best, ...rest } = state;
  const { log, staged, ...labels } = ledger;
  return encodeSafetensors(
    Object.fromEntries([
      ...prefixed('weights', weights),
      ...prefixed('memory', memory),
      ...prefixed('ledger', { ...labels }),
      ...prefixed('plan', { ...plan }),
      ...(best ? prefixed('best', best.weights) : []),
    ]),
    {
      format: FORMAT,
      state: JSON.stringify({ ...rest, log, staged, best: best && { epoch: best.epoch, value: best.value } }),
    },
  );
}

/**
 * What {@link encodeTrainState} wrote.
 *
 * @throws CheckpointError where the bytes are no such file.
 */
export function decodeTrainState(bytes: Uint8Array): TrainState {
  const { arrays, metadata } = decodeSafetensors(bytes);
  if (metadata['format'] !== FORMAT) {
    throw new CheckpointError(`not a checkpoint of a run: its format is '${metadata['format'] ?? 'unknown'}', expected '${FORMAT}'`);
  }
  const { log, staged, best, ...rest } = JSON.parse(metadata['state']!) as Omit<TrainState, 'weights'> & TrainState['ledger'] & { best: { epoch: number; value: number } | null };
  const group = <T>(prefix: string): T =>
    Object.fromEntries(
      Object.entries(arrays).flatMap(([name, array]) => (name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), array.data]] : [])),
    ) as T;
  return {
    ...rest,
    weights: group('weights'),
    memory: group('memory'),
    ledger: { ...group<Omit<TrainState['ledger'], 'log' | 'staged'>>('ledger'), log, staged },
    plan: group('plan'),
    best: best && { ...best, weights: group('best') },
  };
}
