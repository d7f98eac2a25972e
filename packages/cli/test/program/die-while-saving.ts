import { fileStore } from '../../src/run-folder/file-store.ts';

/** Saves a file of ones, begins to replace it with twos, and is killed some event-loop turns later: a save this large takes dozens. */
const [folder, size, turns] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const store = fileStore(folder);
await store.set('state.safetensors', new Uint8Array(size).fill(1));
void store.set('state.safetensors', new Uint8Array(size).fill(2));
for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
process.kill(process.pid, 'SIGKILL');
