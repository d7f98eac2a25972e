import { fingerprint } from '@selfcure/data';
import type { RunSpec } from './run-spec.ts';

/** A spec without where its data lie: what may be written into results. */
export function portableSpec(spec: RunSpec): RunSpec {
  return withoutFolders(spec) as RunSpec;
}

/** Key of a spec, 32 hexadecimal digits: equal specs have equal keys, over experiments and machines. */
export function specKey(spec: RunSpec): string {
  return fingerprint({ kind: 'run-spec', facts: withoutFolders(spec) })
    .replace('sha256:', '')
    .slice(0, 32);
}

/** Plain data with keys in one order, without paths of data folders. */
function withoutFolders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFolders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'folder')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, withoutFolders(one)]),
  );
}
