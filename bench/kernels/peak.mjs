import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import asc from 'assemblyscript/asc';

const flopsOfRound = 10 * 4 * 2;

/** GFLOP/s of 128-bit fused multiply-adds on registers, on one thread: the most that any kernel can reach. */
export async function multiplyAddPeak() {
  const source = readFileSync(new URL('./peak.as', import.meta.url), 'utf8');
  let binary;
  const { error, stderr } = await asc.main(
    ['peak.ts', '--outFile', 'peak.wasm', '-O3', '--runtime', 'stub', '--enable', 'simd', '--enable', 'relaxed-simd'],
    {
      readFile: (name) => (name === 'peak.ts' ? source : null),
      writeFile: (_, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(stderr.toString(), { cause: error });
  if (!WebAssembly.validate(binary)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const { instance } = await WebAssembly.instantiate(binary);
  const rounds = 1e7;
  let best = 0;
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    instance.exports.peak(rounds, 1e-3);
    best = Math.max(best, (rounds * flopsOfRound) / (performance.now() - start) / 1e6);
  }
  return best;
}
