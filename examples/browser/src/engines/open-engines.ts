import type { Backend } from '@selfcure/tensor';
import type { CompileProgress, EngineReport } from '../protocol.ts';
import type { Engine, Finding } from './engine.ts';

/** An engine that is open. */
export interface OpenEngine {
  readonly name: string;
  readonly title: string;
  /** Runs that share this text give the same bits. */
  readonly arithmetic: string;
  readonly backend: Backend;
}

/** The engines of this device, one of them open. */
export interface Engines {
  /** The engine that was taken, opened anew where it had failed. */
  ready(): Promise<OpenEngine>;
  /**
   * Opens an engine and closes the one that was open before. One that is open is opened anew where it had failed.
   *
   * @param why the end of a sentence.
   * @throws EngineStartError where it does not run here or does not start; the one before stays.
   */
  take(name: string, why: string): Promise<void>;
  /**
   * Takes note of an error of a run: what happened, in words for users without a full stop, where an engine failed; null where
   * the error is another's.
   */
  failed(error: unknown): string | null;
}

/** An engine does not run here, or did not start. */
export class EngineStartError extends Error {
  override name = 'EngineStartError';
  readonly title: string;
  constructor(title: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.title = title;
  }
}

/** Who asks for which engine. */
export interface Wishes {
  /** Name in the address of the page: this engine or none. */
  readonly address: string | null;
  /** Name of the one that the kept run was trained on last: this engine where it runs, else the best. */
  readonly run: string | null;
}

/** Who listens. */
export interface Listeners {
  /** Told while an engine compiles kernels. */
  onProgress(progress: CompileProgress): void;
  /** Told when another engine was taken, or one did not start. */
  onChange(report: EngineReport): void;
}

interface Candidate {
  readonly engine: Engine;
  finding: Finding;
  /** Whether its code is here: it can be tried. */
  available: boolean;
  /** Why it did not start when it was last tried. */
  trouble: string | null;
}

/**
 * Looks at all engines, opens the one that is asked for or the best, and fetches the code of the others that run here: whichever
 * is taken later, no request is made.
 *
 * @throws Error where none starts, or not the one of the address; with the reasons.
 */
export async function openEngines(
  table: readonly Engine[],
  { address, run }: Wishes,
  { onProgress, onChange }: Listeners,
): Promise<Engines> {
  const candidates = await Promise.all(
    table.map(async (engine): Promise<Candidate> => ({
      engine,
      finding: await lookAt(engine),
      available: false,
      trouble: null,
    })),
  );
  let current: (OpenEngine & { readonly engine: Engine; readonly why: string }) | null = null;
  let spent = false;

  /** Opens and closes wait for each other. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };

  const open = async (candidate: Candidate, why: string | null): Promise<void> => {
    const { engine, finding } = candidate;
    const { name, title } = engine;
    const refuse = (trouble: string, cause?: unknown): never => {
      candidate.trouble = trouble;
      throw new EngineStartError(title, `${title} did not start: ${trouble}`, { cause });
    };
    if (finding.fit === 'none') return refuse(finding.reason);
    const reason = why ?? finding.reason;
    if (current?.engine === engine && !spent) {
      current = { ...current, why: reason };
      return;
    }
    const backend = await engine.open(onProgress).catch((cause: unknown) => refuse(messageOf(cause), cause));
    candidate.trouble = null;
    const before = current;
    current = { name, title, arithmetic: finding.arithmetic, backend, engine, why: reason };
    spent = false;
    await before?.backend.close();
  };

  const candidateOf = (name: string): Candidate => {
    const found = candidates.find(({ engine }) => engine.name === name);
    if (found) return found;
    throw new Error(`there is no engine '${name}'. Choose one of ${table.map((one) => one.name).join(', ')}`);
  };

  const takeBest = async (): Promise<void> => {
    for (const fit of ['good', 'poor'] as const) {
      for (const candidate of candidates) {
        if (candidate.finding.fit === fit && (await starts(open(candidate, null)))) return;
      }
    }
    throw new Error(
      `no engine runs here. ${candidates.map((one) => `${one.engine.title} ${stateOf(one)}`).join('. ')}. ` +
        `Use a browser with WebAssembly SIMD (Chrome 91, Firefox 89, Safari 16.4 or later)`,
    );
  };

  const openOnly = async (name: string): Promise<void> => {
    try {
      await open(candidateOf(name), 'the address of this page asks for it');
    } catch (cause) {
      throw new Error(`${messageOf(cause)}. Leave '?engine=${name}' out of the address to train on another engine`, {
        cause,
      });
    }
  };

  const last = candidates.find(({ engine }) => engine.name === run);
  if (address !== null) await openOnly(address);
  else if (!last || !(await starts(open(last, 'the run that is kept was trained on it')))) await takeBest();

  await Promise.all(
    candidates.map(async (candidate) => {
      if (candidate.finding.fit === 'none') return;
      try {
        if (candidate.engine !== current!.engine) await candidate.engine.load();
        candidate.available = true;
      } catch (error) {
        candidate.finding = { fit: 'none', reason: `it did not load (${messageOf(error)})` };
      }
    }),
  );

  const report = (): EngineReport => ({
    name: current!.name,
    title: current!.title,
    reason: current!.why,
    arithmetic: current!.arithmetic,
    options: candidates.map((candidate) => ({
      name: candidate.engine.name,
      title: candidate.engine.title,
      available: candidate.available,
      advised: candidate.finding.fit === 'good' && candidate.trouble === null,
      reason: stateOf(candidate),
    })),
  });
  const take = async (name: string, why: string): Promise<void> => {
    const candidate = candidateOf(name);
    try {
      // A graphics processor may have come or gone since.
      if (candidate.available) candidate.finding = await lookAt(candidate.engine);
      await open(candidate, why);
    } finally {
      onChange(report());
    }
  };
  onChange(report());

  return {
    ready: () =>
      inTurn(async () => {
        if (spent) await take(current!.name, current!.why);
        return current!;
      }),
    take: (name, why) => inTurn(() => take(name, why)),
    failed: (error) => {
      if (error instanceof EngineStartError) return `${error.title} did not start`;
      const { engine, title } = current!;
      const explained = chainOf(error)
        .map((one) => engine.explain(one))
        .find((one) => one !== null);
      if (explained === undefined) return null;
      spent = true;
      return `${title} stopped: ${explained}`;
    },
  };
}

async function lookAt(engine: Engine): Promise<Finding> {
  try {
    return await engine.look();
  } catch (error) {
    return { fit: 'none', reason: messageOf(error) };
  }
}

/** How an engine stands: what follows its title in a sentence. */
function stateOf({ finding, trouble }: Candidate): string {
  if (trouble !== null && finding.fit !== 'none') return `did not start: ${trouble}`;
  const words = { good: 'runs here', poor: 'runs only if you choose it', none: 'is not available' };
  return `${words[finding.fit]}: ${finding.reason}`;
}

/** Whether an engine started; the candidate keeps the reason where it did not. */
const starts = (taking: Promise<void>): Promise<boolean> =>
  taking.then(
    () => true,
    () => false,
  );

/** An error and its causes. */
function chainOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
