/**
 * Our side of `npm run bench:epoch`, a process of its own so that its memory is that of a training. Needs `--expose-gc`.
 * Requests:
 *
 * - `{ do: 'setUp', own: { backend, threads, recipe, options }, data, samples, seed }`: starts the engine, then reads the data; what it
 *   is and holds
 * - `{ do: 'epoch', model, width, batch }`: trains for one epoch; its time and figures
 */
import { openGpu } from '#gpu';
import { train } from '@selfcure/core';
import { arrayDataset, faceAugmentation, facesDataset } from '@selfcure/data';
import { ferDataset } from '@selfcure/data/node';
import { modelByName } from '@selfcure/models';
import { publishable } from '../../scripts/workspaces.mjs';
import { createBackend, packageOf } from '../backends.mjs';
import { peakBytes, residentBytes } from '../memory.mjs';
import { methodOf } from '../step-graph.mjs';
import { answerRequests } from './standard-streams.mjs';

let session = null;

await answerRequests({
  setUp: async ({ own, data: folder, samples, seed }) => {
    if (own.backend === 'webgpu') await openGpu();
    const backend = await createBackend(own);
    const importBytes = residentBytes();
    const data =
      folder === null
        ? drawFaces(samples, seed)
        : await ferDataset({ folder, split: 'train', labels: 'majority', classes: 8 });
    session = { own, backend, data, seed };
    return {
      name: `selfcure ${backend.name}`,
      version: publishable().find(({ manifest }) => manifest.name === packageOf(own.backend)).manifest.version,
      threads: backend.capabilities.threads,
      data: { name: data.name, images: data.size, shape: data.shape, classes: data.classes.length },
      importBytes,
      dataBytes: residentBytes(),
    };
  },
  epoch: async ({ model, width, batch }) => {
    const { own, backend, data, seed } = session;
    const [size, , channels] = data.shape;
    const programs = [];
    const watched = {
      ...backend,
      compile: async (graph) => {
        const program = await backend.compile(graph);
        programs.push(program.report);
        return program;
      },
    };
    const start = performance.now();
    const run = await train({
      backend: watched,
      data,
      seed,
      model: modelByName(model, { size, channels, width, classes: data.classes.length }),
      recipe: methodOf(own.recipe),
      augmentation: faceAugmentation(),
      epochs: 1,
      batchSize: batch,
    });
    const { seconds, loss, accuracy } = run.history.last();
    return {
      seconds,
      trainSeconds: (performance.now() - start) / 1000,
      steps: Math.floor(data.size / batch),
      flops: programs[0].flops,
      loss,
      accuracy,
      arenaBytes: Math.max(...programs.map(({ arenaBytes }) => arenaBytes)),
      stateBytes: programs[0].stateBytes,
      wasmBytes: await wasmMemoryBytes(own.backend),
      peakBytes: peakBytes('self'),
    };
  },
});

/** Procedural faces, all drawn: images that are drawn when they are read would take their time from the epoch's. */
function drawFaces(samples, seed) {
  const faces = facesDataset({ samples, seed, cache: false });
  const { labels, classes, shape } = faces;
  const images = new Uint8Array(samples * shape[0] * shape[1]);
  const area = shape[0] * shape[1];
  for (let i = 0; i < samples; i++) images.set(faces.read([i]), i * area);
  return arrayDataset({ name: 'procedural faces', images, labels, classes, shape });
}

/** Size of the memory that the WebAssembly adapter computes in, null for other adapters. */
async function wasmMemoryBytes(backend) {
  if (backend !== 'wasm') return null;
  const { engine } = await import('@tensorflow/tfjs-core');
  const { asm, wasmMemory } = engine().registry.wasm?.wasm ?? {};
  return (asm?.memory ?? wasmMemory)?.buffer.byteLength ?? null;
}
