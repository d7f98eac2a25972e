import type { RunSpec } from '@selfcure/experiments';

/**
 * The spec on this machine: with the folder that its data, and those of its pretraining, lie in.
 *
 * @param folder null: the data need none.
 */
export function placedSpec(spec: RunSpec, folder: string | null): RunSpec {
  const data = spec.data.kind === 'fer' && folder !== null ? { ...spec.data, folder } : spec.data;
  return { ...spec, data, pretrain: spec.pretrain && placedSpec(spec.pretrain, folder) };
}
