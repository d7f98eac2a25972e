/** Picture names of one sequence in the order of their frames: by the last number in each name, then by name. */
export function inFrameOrder(names: readonly string[]): string[] {
  const keyed = names.map((name) => ({ name, frame: Number(/(\d+)\D*$/.exec(stem(name))?.[1] ?? -1) }));
  keyed.sort((a, b) => a.frame - b.frame || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return keyed.map(({ name }) => name);
}

/** A file name without its ending. */
export function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** Frames of a sequence that runs from neutral to the height of an expression. */
export interface ChosenFrames {
  /** The last frames: the expression. */
  readonly expression: readonly string[];
  /** The first frame, if one is asked for and not among the last. */
  readonly neutral: readonly string[];
}

/** The last frames of a sequence for its expression, and the first for neutral. */
export function lastFrames(frames: readonly string[], count: number, neutral: boolean): ChosenFrames {
  const start = Math.max(neutral && frames.length > 1 ? 1 : 0, frames.length - count);
  return { expression: frames.slice(start), neutral: neutral && start > 0 ? frames.slice(0, 1) : [] };
}
