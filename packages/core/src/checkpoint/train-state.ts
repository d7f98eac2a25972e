import type { EpochLog } from '../callback/history.ts';
import { CheckpointError } from '../errors.ts';
import type { TrainState } from '../train/state.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { SafetensorsArray } from './safetensors.ts';

const FORMAT = 'selfcure-train-state-1';

// Every JavaScript runtime has them, the language's own type library does not name them.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

type Numbers = SafetensorsArray['data'];
const flat = (data: Numbers): SafetensorsArray => ({ data, shape: [data.length] });
const prefixed = (prefix: string, arrays: Readonly<Record<string, Numbers>>): [string, SafetensorsArray][] =>
  Object.entries(arrays).map(([name, data]) => [`${prefix}/${name}`, flat(data)]);

/**
 * A {@link TrainState} as one safetensors file: arrays by name, everything else as JSON beside them.
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
      // Beside the arrays and not in the header, whose size is bounded: the log of a large run is long.
      [
        'json',
        flat(
          new TextEncoder().encode(
            JSON.stringify({ ...rest, log, staged, best: best && { epoch: best.epoch, value: best.value } }),
          ),
        ),
      ],
    ]),
    { format: FORMAT },
  );
}

/**
 * What {@link encodeTrainState} wrote.
 *
 * @throws CheckpointError where the bytes are no such file.
 * @example await train({ ...options, resume: decodeTrainState(await readFile('checkpoint.safetensors')) });
 */
export function decodeTrainState(bytes: Uint8Array): TrainState {
  const { arrays, metadata } = decodeSafetensors(bytes);
  if (metadata['format'] !== FORMAT) {
    throw new CheckpointError(
      `not a checkpoint of a run: its format is '${metadata['format'] ?? 'unknown'}', expected '${FORMAT}'`,
    );
  }
  const json = arrays['json']?.data;
  if (!(json instanceof Uint8Array))
    throw new CheckpointError('the checkpoint has no record of the run: it was not written whole. Use an earlier one');
  const { log, staged, best, history, ...rest } = JSON.parse(new TextDecoder().decode(json)) as Omit<
    TrainState,
    'weights'
  > &
    TrainState['ledger'] & { best: { epoch: number; value: number } | null };
  const group = <T>(prefix: string): T =>
    Object.fromEntries(
      Object.entries(arrays).flatMap(([name, array]) =>
        name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), array.data]] : [],
      ),
    ) as T;
  return {
    ...rest,
    // JSON has no NaN.
    history: history.map(
      (epoch) => Object.fromEntries(Object.entries(epoch).map(([name, value]) => [name, value ?? NaN])) as EpochLog,
    ),
    weights: group('weights'),
    memory: group('memory'),
    ledger: { ...group<Omit<TrainState['ledger'], 'log' | 'staged'>>('ledger'), log, staged },
    plan: group('plan'),
    best: best && { ...best, weights: group('best') },
  };
}
