/** workerd: kernels that were compiled when the worker was deployed. `/idle` answers at once, before anything has been computed. */
import { wasm } from '@selfcure/wasm';
import relaxed from '@selfcure/wasm/kernels/relaxed.wasm';
import simd from '@selfcure/wasm/kernels/simd.wasm';
import { golden, goldenWebgpu, readmeProgram, runChecks } from './checks.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/idle') return new Response();
    const outcomes = await runChecks({
      'golden wasm': golden(() => wasm({ module: simd })),
      'golden wasm, relaxed': golden(() => wasm({ module: relaxed })),
      'golden webgpu': goldenWebgpu,
      'no compilation of bytes': async () => {
        // The smallest module: what the limit of this platform looks like.
        const refused = await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
          () => null,
          (error: Error) => error.message,
        );
        if (refused === null) throw new Error('this workerd compiles WebAssembly, which Cloudflare does not');
        return 'refused';
      },
      readme: readmeProgram,
    });
    return Response.json(outcomes);
  },
};
