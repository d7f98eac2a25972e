import type { DataSettings } from '../data/run-data.ts';
import type { RecipeSettings } from '../recipe/build-method.ts';

/** Everything that decides what a run computes; plain data, kept in the manifest and compared on resume. */
export interface TrainSettings extends DataSettings, RecipeSettings {
  readonly backend: string;
  /** Where the engine computes; null where it was not asked for. */
  readonly device: 'auto' | 'cpu' | 'cuda' | null;
  readonly model: string;
  readonly width: number | null;
  /** Whether all layers of a pretrained model are trained, or its features are frozen; null for other models. */
  readonly fineTune: boolean | null;
  readonly epochs: number;
  readonly batch: number;
  /** Parts of a batch; null for one. */
  readonly shards: number | null;
  /** Processes that train together; null for one alone. */
  readonly workers: number | null;
  readonly optimizer: 'adam' | 'sgd';
  readonly lr: number;
  readonly schedule: 'constant' | 'cosine' | 'step' | 'exponential';
  readonly weightDecay: number;
  readonly augment: boolean;
  readonly seed: number;
  readonly strategy: { readonly path: string; readonly sha256: string } | null;
  /** Audit whose transition matrix forward correction takes; null where verified labels give it. */
  readonly transition: { readonly path: string; readonly sha256: string } | null;
}

/** Settings that name files; their content counts. */
const files = ['labels', 'trusted', 'transition', 'strategy'] as const;

/** What two commands that mean the same run have in common: where its files lie is no part of it. */
export function comparable(settings: TrainSettings): Record<string, unknown> {
  const { data: _, ...rest } = settings;
  return { ...rest, ...Object.fromEntries(files.map((name) => [name, settings[name]?.sha256 ?? null])) };
}

/** Name of the option behind a setting: `weightDecay` is `--weight-decay`. */
function flagOf(setting: string): string {
  return `--${setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Options that differ between a stored run and a command, as text; empty where none does. */
export function differences(stored: TrainSettings, now: TrainSettings): string[] {
  const [before, after] = [comparable(stored), comparable(now)];
  const shown = (name: string, value: unknown): string =>
    value === null || value === undefined
      ? 'none'
      : files.some((file) => file === name)
        ? 'a file with other content'
        : String(value);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    (before[name] ?? null) === (after[name] ?? null)
      ? []
      : [`${flagOf(name)} (then ${shown(name, before[name])}, now ${shown(name, after[name])})`],
  );
}
