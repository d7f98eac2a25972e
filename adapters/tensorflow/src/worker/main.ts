import type { MessagePort } from 'node:worker_threads';
import type { Binding } from '../native/binding.ts';
import type { ClusterMember } from './cluster-member.ts';
import type { Machine } from './machine.ts';
import type { Failure, Reply, Request } from './messages.ts';

/** A request with the number that its reply carries. */
export interface Numbered {
  readonly id: number;
  readonly request: Request;
}

/** What the worker says first. */
export interface Greeting {
  readonly version: string;
  readonly gpu: boolean;
  readonly devices: Binding['devices'];
  /** Whether the binding is one of our own builds. */
  readonly own: boolean;
}

/**
 * The program of the worker: opens TensorFlow, says so, answers requests in their order.
 *
 * It stands alone, without imports or values of its module: a worker runs its text.
 */
export function workerMain(
  port: MessagePort,
  open: () => Binding,
  join: (binding: Binding) => ClusterMember | null,
  createMachine: (binding: Binding, member: ClusterMember | null) => Machine,
): void {
  const failureOf = (error: unknown): Failure => {
    const {
      message = String(error),
      operation = -1,
      changed = false,
      lost,
      ...others
    } = (error ?? {}) as Partial<Failure>;
    return { message, operation, changed, ...(lost && { lost }), details: { ...others } };
  };
  const reply = (answer: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(answer, transfer);
  let machine: Machine;
  try {
    const binding = open();
    const { version, devices, collectives } = binding;
    machine = createMachine(binding, join(binding));
    const value: Greeting = { version, devices, gpu: binding.isUsingGpuDevice(), own: collectives !== null };
    reply({ id: 0, value });
  } catch (error) {
    reply({ id: 0, failure: failureOf(error) });
    port.close();
    return;
  }
  port.on('message', ({ id, request }: Numbered) => {
    try {
      const { value, transfer } = machine.handle(request);
      reply({ id, value }, transfer);
    } catch (error) {
      reply({ id, failure: failureOf(error) });
    }
    if (request.do === 'close') port.close();
  });
}
