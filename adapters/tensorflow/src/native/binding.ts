/** What TensorFlow tells of a tensor. */
export interface TensorInfo {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** An attribute of an operation: its name in TensorFlow's registry, one of `attributeType`, and a value of that type. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[] | readonly boolean[];
}

/** Values of a tensor. float16 and bfloat16 are their bits; int64 are bigints; bool are bytes. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array;

/** A device that TensorFlow lists. */
export interface Device {
  /** As TensorFlow names it: `/job:localhost/replica:0/task:0/device:GPU:0`. */
  readonly name: string;
  readonly type: string;
  /** Bytes that TensorFlow may use of it. */
  readonly memory: number;
}

/**
 * TensorFlow's all-reduce between processes. Tasks are named `/job:worker/replica:0/task:RANK`.
 *
 * A collective blocks the thread that executes it until every rank has come. `watchPeers` ends that wait when a rank is
 * lost; `abortCollectives` of the module ends it from another thread.
 */
export interface Collectives {
  /**
   * Joins the cluster of a serialized `tensorflow.ServerDef` (see `serverDefinition`).
   *
   * @param task this process's own.
   * @returns the name of the device that computes from now on. Tensors made before stay usable.
   */
  enableCollectives(serverDef: Uint8Array, task: string): string;
  /** Throws where the task does not answer in time. Blocks. */
  checkPeer(task: string, timeoutMs: number): void;
  /**
   * A thread of TensorFlow's asks every task in turn, every `intervalMs`; the first that does not answer within
   * `timeoutMs` makes every collective of this process fail, running and to come, with an error that names it. An empty
   * list ends the watch.
   */
  watchPeers(tasks: readonly string[], intervalMs: number, timeoutMs: number): void;
  /** Every collective of this process fails with the message, for good. Callable from any thread. */
  abortCollectives(message: string): number;
}

/**
 * TensorFlow's eager operations, as the engine calls them. Every function throws an Error on failure, blocks its thread,
 * and belongs to the thread that opened it.
 */
export interface Binding {
  /** TensorFlow's version. */
  readonly version: string;
  /** Runs one operation on tensors and returns its outputs, which the caller deletes. */
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): TensorInfo[];
  /**
   * Makes a tensor; its id is returned. Our own build copies the values. The stock binding of tfjs-node may lend
   * TensorFlow the memory of the array: do not write into it afterwards.
   */
  createTensor(shape: readonly number[], dtype: number, data: TensorData): number;
  deleteTensor(id: number): void;
  /** Deletes several; our own build in one call, which checks every id before it deletes the first. */
  deleteTensors(ids: readonly number[]): void;
  tensorDataSync(id: number): TensorData;
  /** The values of several tensors, in order; our own build in one call. */
  readTensors(ids: readonly number[]): TensorData[];
  isUsingGpuDevice(): boolean;
  /** Tensors that are alive in this thread. */
  tensorCount(): number;
  /** Devices that TensorFlow lists; empty on a stock binding, which does not tell. */
  readonly devices: readonly Device[];
  /** The serialized `tensorflow.ConfigProto` that it was opened with; empty on a stock binding. */
  readonly config: Uint8Array;
  /** Null on a stock binding, which has none. */
  readonly collectives: Collectives | null;
}

/** TensorFlow's data types, by the numbers of `TF_DataType`. */
export const dataType = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
} as const;

/** Kinds of attributes, by the numbers of `TF_AttrType`. */
export const attributeType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;
