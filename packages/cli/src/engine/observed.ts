import type { Backend, Program } from '@selfcure/tensor';

/** The same engine, telling of every program that it compiles. */
export function observed(backend: Backend, onCompile: (program: Program) => void): Backend {
  return {
    specificationVersion: backend.specificationVersion,
    name: backend.name,
    capabilities: backend.capabilities,
    claims: (node) => backend.claims(node),
    createState: (specs, init) => backend.createState(specs, init),
    compile: async (graph) => {
      const program = await backend.compile(graph);
      onCompile(program);
      return program;
    },
    memory: () => backend.memory(),
    close: () => backend.close(),
  };
}
