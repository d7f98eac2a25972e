/** `npm run bench:accuracy`: whether fast convolutions train as well as exact ones. README.md says how to read it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArguments, usage } from './accuracy/arguments.mjs';
import { winogradShare } from './accuracy/winograd-share.mjs';
import { checkBuilds } from './build-check.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { rounded } from './rounded.mjs';

/** Data and regime of examples/quickstart: few images, wrong labels, a network that can learn them by heart. */
const regime = {
  size: 32,
  noise: 0.3,
  batchSize: 32,
  width: 0.5,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  relabelEpoch: 7,
  faces: { intensity: [0.6, 1], pose: 0.3, identity: 0.6, light: 0.6, occlusion: 0.1 },
};

const log = (line) => console.error(line);

async function main() {
  checkBuilds(log);
  const options = parseArguments(process.argv.slice(2));
  if (options === 'help') return console.log(usage);
  const backends = await openBackends(options.threads);
  try {
    const share = await checkModes(backends);
    log(
      `Winograd's transforms compute ${(100 * share).toFixed(1)} % of the convolutions in fast mode, 0 % in the others.`,
    );
    const recipes = {};
    for (const recipe of options.recipes) recipes[recipe] = await compareModes(recipe, backends, options);
    const { seeds, epochs, images, threads } = options;
    console.log(
      JSON.stringify({
        winograd_share: rounded(share),
        ...recipes,
        ...{ seeds, epochs, images, threads },
        regime,
        machine: describeMachine(),
      }),
    );
  } finally {
    for (const backend of Object.values(backends)) await backend.close();
  }
}

/**
 * The engine in its modes. `rounding` is a control: exact too, but without fused multiply-adds, so it differs from `exact` by
 * rounding alone (on machines without relaxed SIMD by nothing).
 */
async function openBackends(threads) {
  const { wasm } = await import('@selfcure/wasm');
  const plain = await readFile(fileURLToPath(import.meta.resolve('@selfcure/wasm/kernels/simd.wasm')));
  return {
    fast: await wasm({ threads }),
    exact: await wasm({ threads, exact: true }),
    rounding: await wasm({ exact: true, module: await WebAssembly.compile(plain) }),
  };
}

/**
 * The share of Winograd's transforms in fast mode.
 *
 * @throws {BenchError} where a mode is not what its name says
 */
async function checkModes(backends) {
  const { adam, ce, trainingStep } = await import('@selfcure/core');
  const { faceCnn } = await import('@selfcure/models');
  const { size, width, batchSize } = regime;
  const graph = trainingStep({ model: faceCnn({ size, width }), method: ce(), batchSize, optimizer: adam() });
  const shares = {};
  for (const [mode, backend] of Object.entries(backends)) {
    const program = await backend.compile(graph);
    shares[mode] = winogradShare({ nodes: program.graph.nodes, listing: program.report.listing() });
    program.dispose();
  }
  const { fast, ...others } = shares;
  if (fast > 0 && Object.values(others).every((share) => share === 0)) return fast;
  throw new BenchError(
    `the modes do not differ as they should: shares of Winograd's transforms are ${JSON.stringify(shares)}. Take a width whose layers use them`,
  );
}

/** Trains with every seed in every mode; the figures of one recipe. */
async function compareModes(recipe, backends, { seeds, epochs, images }) {
  const { pairedDifference } = await import('@selfcure/core');
  const accuracies = Object.fromEntries(Object.keys(backends).map((mode) => [mode, []]));
  for (let seed = 0; seed < seeds; seed++) {
    const data = await makeData(images, seed);
    for (const [mode, backend] of Object.entries(backends))
      accuracies[mode].push(await testAccuracy({ recipe, backend, epochs, seed, ...data }));
    log(
      `${recipe}, seed ${seed}: ${Object.entries(accuracies)
        .map(([mode, values]) => `${mode} ${percent(values.at(-1))}`)
        .join(', ')}`,
    );
  }
  const differences = {
    'fast - exact': pairedDifference(accuracies.fast, accuracies.exact),
    'rounding - exact': pairedDifference(accuracies.rounding, accuracies.exact),
  };
  for (const [name, { mean, standardDeviation, low, high }] of Object.entries(differences)) {
    log(
      `${recipe}, ${name}: mean ${points(mean)}, standard deviation ${points(standardDeviation)}, 95 % interval ${points(low)} to ${points(high)}`,
    );
  }
  const spread = standardDeviation(accuracies.exact);
  log(`${recipe}, between seeds: standard deviation ${points(spread)} in exact mode`);
  return {
    ...accuracies,
    difference: reported(differences['fast - exact']),
    rounding_difference: reported(differences['rounding - exact']),
    seed_standard_deviation: rounded(spread),
  };
}

async function makeData(images, seed) {
  const { facesDataset, symmetricNoise } = await import('@selfcure/data');
  const faces = { size: regime.size, ...regime.faces };
  return {
    data: symmetricNoise(facesDataset({ samples: images, seed: 100 + seed, ...faces }), { rate: regime.noise, seed }),
    test: facesDataset({ samples: images, seed: 200 + seed, ...faces }),
  };
}

/** Accuracy on clean faces after the last epoch. */
async function testAccuracy({ recipe, backend, epochs, seed, data, test }) {
  const { adam, ce, cosineDecay, evaluate, scn, train } = await import('@selfcure/core');
  const { faceCnn } = await import('@selfcure/models');
  const { size, width, batchSize, learningRate, weightDecay, relabelEpoch } = regime;
  const run = await train({
    backend,
    data,
    seed,
    model: faceCnn({ size, width }),
    recipe: recipe === 'scn' ? scn({ relabelEpoch }) : ce(),
    epochs,
    batchSize,
    optimizer: adam({ learningRate: cosineDecay({ learningRate, warmUpEpochs: 1 }), weightDecay }),
  });
  return (await evaluate({ backend, model: run.model, data: test, batchSize: 100 })).accuracy;
}

function standardDeviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

const reported = ({ mean, standardDeviation: deviation, low, high }) => ({
  mean: rounded(mean),
  standard_deviation: rounded(deviation),
  low: rounded(low),
  high: rounded(high),
});

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const points = (share) => `${(100 * share).toFixed(2)} points`;

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
