import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspaces.mjs';

/** How a platform opens the engine where `await wasm()` is not all, as adapters/wasm/README.md says it; by name of the entry. */
const engines = {
  page: { call: "wasm({ wasmPath: '/tfjs/' })", imports: '' },
  worker: {
    call: 'wasm({ module: kernels })',
    imports: "import kernels from '@selfcure/wasm/kernels/relaxed.wasm';\n",
  },
};

/**
 * The program under "Use it" of the README as a module: `readme(console)` runs it, word for word but for the engine on platforms that
 * open it otherwise.
 */
export function readmeProgram(entry) {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const code = /^## Use it\n[^]*?```ts\n([^]*?)```/m.exec(text)?.[1];
  if (!code) throw new Error('the README has no TypeScript under "## Use it"');
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import ')).join('\n');
  let body = lines.filter((line) => !line.startsWith('import ')).join('\n');
  const engine = engines[entry];
  if (engine) {
    if (!body.includes('await wasm()')) throw new Error('the program of the README does not open its engine by wasm()');
    body = body.replace('wasm()', engine.call);
  }
  return `${imports}\n${engine?.imports ?? ''}export async function readme(console) {\n${body}\n}\n`;
}
