/**
 * A build of the kernels as platforms without compilation hand it to the program that imports the file: for `wasm({ module })`.
 * Copied beside the binaries when the package is built.
 */
declare const module: WebAssembly.Module;
// oxlint-disable-next-line import/no-default-export -- it is what those platforms export
export default module;
