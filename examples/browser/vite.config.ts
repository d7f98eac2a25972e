import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import sources from '../../vitest.config.ts';

/** What lets a page share memory between threads. Without these headers the page trains on one thread. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * What the page may do. Scripts and styles are its own files; WebAssembly compiles; nothing connects to anywhere, not even to the
 * server of the page: `blob:` is memory of the page itself, for the threads of the engine and for tfjs's binary.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  'img-src data:',
  "worker-src 'self' blob:",
  'connect-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The policy as a part of the page, so that it holds on servers that send no headers. Not in development: vite's client connects. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Builds on the sources of the packages, as tests do. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the files work in any folder of any server; `npm run site -- --base /folder/` names one.
  base: './',
  publicDir: false,
  ...(sources.resolve && { resolve: sources.resolve }),
  plugins: [contentSecurityPolicy()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Everything stands in files of its own but the binaries, which their imports inline.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
