/**
 * What reads files: Node.js and other platforms with `node:fs`.
 *
 * @module
 */
export { ferDataset, readFerFiles } from './node/fer-files.ts';
export type { FerFiles } from './node/fer-files.ts';
