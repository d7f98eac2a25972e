// A worker of a platform that compiles WebAssembly at deployment and hands over the module: Cloudflare Workers and the like.
import { wasm } from '@selfcure/wasm';
import kernels from '@selfcure/wasm/kernels/simd.wasm';

export default {
  async fetch(): Promise<Response> {
    const backend = await wasm({ module: kernels });
    const { capabilities } = backend;
    await backend.close();
    return Response.json(capabilities);
  },
};
