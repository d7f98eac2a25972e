import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishable, root } from './workspaces.mjs';

/**
 * What users import: `[{ name, source }]`, such as `@selfcure/data/node` and the path of its `src/node.ts`. Programs of threads are
 * entries that nobody imports, and binaries are no modules; both are left out.
 */
export function entries() {
  return publishable().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports).flatMap(([entry, conditions]) => {
      const built = /^\.\/dist\/(.+)\.js$/.exec(conditions.default)?.[1];
      const source = join(folder, 'src', `${built}.ts`);
      if (built === undefined || /not to be imported/.test(readFileSync(source, 'utf8'))) return [];
      return [{ name: `${manifest.name}${entry.slice(1)}`, source }];
    }),
  );
}

/** Options of a compiler that reads the sources of all packages as one program. */
export function sourceOptions() {
  const binary = join(root, 'adapters/wasm/src/binary');
  if (!existsSync(binary)) throw new Error(`${binary} does not exist. Run \`npm run kernels\``);
  return {
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    isolatedDeclarations: false,
    noEmit: true,
    lib: ['es2023', 'dom'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: {
      ...Object.fromEntries(entries().map(({ name, source }) => [name, [source]])),
      '@selfcure/wasm/kernels/*': [join(root, 'adapters/wasm/src/kernel-module.d.ts')],
    },
  };
}
