/// <reference types="vite/client" />
import { wasm } from '@selfcure/wasm';
import kernels from '@selfcure/wasm/kernels/simd.wasm?url&inline';
import { describeBackend } from './describe-backend.ts';

const module = WebAssembly.compileStreaming(fetch(kernels));
describeBackend('wasm, module simd', async () => wasm({ module: await module }));
