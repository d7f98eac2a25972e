import type { RunSpec } from '@selfcure/experiments';
import { CliError } from '../errors.ts';

/**
 * The spec on this machine: with the folder that its data, and those of its pretraining, lie in. A path that came with a spec is never used.
 *
 * @param folder null: this machine has no data.
 * @throws CliError where the data need a folder and there is none.
 */
export function placedSpec(spec: RunSpec, folder: string | null): RunSpec {
  const pretrain = spec.pretrain && placedSpec(spec.pretrain, folder);
  if (spec.data.kind === 'faces') return { ...spec, pretrain };
  if (folder === null)
    throw new CliError('this run needs FER2013, and its worker has none: it is no run of this queue. Submit it again');
  return { ...spec, data: { ...spec.data, folder }, pretrain };
}
