import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

/** What the build reads of a package.json. */
interface Manifest {
  readonly name: string;
  readonly exports?: unknown;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const packages = ['packages', 'adapters'].flatMap((group) =>
  readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${group}/${entry.name}`),
);

/** Every string at the leaves of an `exports` or `bin` value. */
const leaves = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values((value ?? {}) as object).flatMap(leaves);

/** `./dist/node.js` is built from `src/node.ts`: the manifest is the only list of entries. */
function entries(folder: string, manifest: Manifest): Record<string, string> {
  const built = [...leaves(manifest.exports), ...leaves(manifest.bin)].map(
    (path) => /^(?:\.\/)?dist\/(.+)\.js$/.exec(path)?.[1],
  );
  return Object.fromEntries(
    built.filter((name) => name !== undefined).map((name) => [name, `${folder}/src/${name}.ts`]),
  );
}

/** One build a package. JavaScript only: `tsc --build` emits the declarations (see scripts/build.mjs). */
export default defineConfig(
  packages.map((folder): Options => {
    const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    return {
      name: manifest.name,
      entry: entries(folder, manifest),
      outDir: `${folder}/dist`,
      tsconfig: `${folder}/tsconfig.json`,
      format: ['esm'],
      target: ['es2022', 'node20'],
      platform: 'neutral',
      external: [
        /^node:/,
        /^@selfcure\//,
        ...Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }),
      ],
      removeNodeProtocol: false,
      splitting: true,
      sourcemap: true,
      clean: ['!**/*.d.ts'],
      silent: true,
    };
  }),
);
