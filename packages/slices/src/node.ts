/**
 * What needs files: Node.js and other platforms with `node:fs`.
 *
 * @module
 */
export { fileSystemStore } from './node/file-system-store.ts';
