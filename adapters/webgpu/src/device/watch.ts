import { WebGpuDeviceLostError, WebGpuError, WebGpuMemoryError, WebGpuRunError } from '../errors.ts';

/** What is done on a device, for messages. */
export interface Deed {
  readonly what: string;
  /** Where it is known. */
  readonly operation?: string;
  readonly layer?: string;
  /** Whether a failure leaves everything else as it was. */
  readonly harmless?: boolean;
}

/** Looks after a device: whatever goes wrong on it ends everything that follows, so that no result is made of it. */
export interface Watch {
  readonly device: GPUDevice;
  /** Throws what has ended the device. */
  check(): void;
  /**
   * Issues calls of WebGPU. `accepted` resolves when the device has taken them without an error, and rejects with a typed one
   * otherwise.
   */
  issue<T>(deed: Deed, calls: () => T): { readonly value: T; readonly accepted: Promise<void> };
  /** The typed error behind an exception of WebGPU; unless it is harmless, everything that follows throws it too. */
  explain(deed: Deed, cause: unknown): Promise<WebGpuError>;
  /** Stops to listen; what follows throws this. */
  close(error: WebGpuError): void;
}

const scopes = ['internal', 'out-of-memory', 'validation'] as const;
/** How long the news of a lost device may take after its first symptom, in milliseconds. */
const patience = 250;

/** Begins to look after a device. */
export function watchDevice(device: GPUDevice): Watch {
  let failure: WebGpuError | null = null;
  const fail = (error: WebGpuError): WebGpuError => (failure ??= error);
  const check = (): void => {
    if (failure) throw failure;
  };

  const onError = (event: Event): void =>
    void fail(errorOf({ what: 'a call' }, (event as GPUUncapturedErrorEvent).error));
  device.addEventListener('uncapturederror', onError);
  const lost = device.lost.then(({ reason, message }) => {
    fail(
      new WebGpuDeviceLostError(
        `the device was lost (${reason || 'unknown'}): ${message || 'no message'}. Open a new backend and go on from the last state`,
      ),
    );
  });

  const explain = async (deed: Deed, cause: unknown): Promise<WebGpuError> => {
    if (cause instanceof WebGpuError) return cause;
    if (!failure) await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, patience))]);
    const message = cause instanceof Error ? cause.message : String(cause);
    const { what, operation = '', layer = '', harmless } = deed;
    if (failure) return failure;
    const error = new WebGpuRunError(operation, layer, `${what} failed: ${message || 'no message'}`, { cause });
    return harmless ? error : fail(error);
  };
  const pop = async (): Promise<readonly (GPUError | null)[]> =>
    Promise.all(scopes.map(async () => device.popErrorScope()));
  const settle = async (deed: Deed, popped: ReturnType<typeof pop>): Promise<void> => {
    let errors: readonly (GPUError | null)[];
    try {
      errors = await popped;
    } catch (cause) {
      throw await explain(deed, cause);
    }
    const error = errors.find((found) => found !== null);
    if (error) throw deed.harmless ? errorOf(deed, error) : fail(errorOf(deed, error));
    check();
  };

  return {
    device,
    check,
    explain,
    issue: (deed, calls) => {
      check();
      for (const scope of scopes) device.pushErrorScope(scope);
      try {
        const value = calls();
        return { value, accepted: handled(settle(deed, pop())) };
      } catch (cause) {
        void handled(pop());
        throw cause;
      }
    },
    close: (error) => {
      fail(error);
      device.removeEventListener('uncapturederror', onError);
    },
  };
}

/** The same promise; a rejection that nobody waits for is no unhandled one. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function errorOf({ what, operation, layer }: Deed, error: GPUError): WebGpuError {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new WebGpuMemoryError(
      `the device has no memory for ${what}: ${error.message}. Use a smaller batch or a narrower model`,
    );
  }
  // Objects of the engine are labelled by the operation that they are for.
  const [, labelled = '', place = ''] = /"([\w-]+) \(layer '([^']*)'\)"/.exec(error.message) ?? [];
  return new WebGpuRunError(operation ?? labelled, layer ?? place, `${what} failed: ${error.message}`);
}
