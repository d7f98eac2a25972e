const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);

/** A protobuf field that holds a number. */
const integer = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];

/** A protobuf field that holds a message or a string. */
function message(field: number, content: readonly number[] | string): number[] {
  const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : content;
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** Name of the task that a rank is, as TensorFlow writes it. */
export const taskName = (rank: number): string => `/job:worker/replica:0/task:${rank}`;

/**
 * A serialized `tensorflow.ServerDef`: a cluster of one job, `worker`, that talks gRPC.
 *
 * @param workers `host:port` of every rank, in order; the same list on all of them. Rank 0 leads groups.
 * @param rank this process's place in the list.
 */
export function serverDefinition(workers: readonly string[], rank: number): Uint8Array {
  if (!Number.isInteger(rank) || rank < 0 || rank >= workers.length)
    throw new RangeError(`rank ${rank} is not one of ${workers.length} workers (0 to ${workers.length - 1})`);
  // JobDef { name = 1, tasks = 2 }, an entry of the map is { key = 1, value = 2 }; ClusterDef { job = 1 }.
  const tasks = workers.flatMap((address, index) => message(2, [...integer(1, index), ...message(2, address)]));
  const cluster = message(1, [...message(1, 'worker'), ...tasks]);
  // ConfigProto { experimental = 16 { collective_group_leader = 1 } }.
  const config = message(16, message(1, taskName(0)));
  // ServerDef { cluster = 1, job_name = 2, task_index = 3, default_session_config = 4, protocol = 5 }.
  return Uint8Array.from([
    ...message(1, cluster),
    ...message(2, 'worker'),
    ...integer(3, rank),
    ...message(4, config),
    ...message(5, 'grpc'),
  ]);
}
