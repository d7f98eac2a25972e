/**
 * What reads files: Node.js and other platforms with `node:fs`.
 *
 * @module
 */
export { loadDlibFace } from './node/load-dlib-face.ts';
export type { FaceApiOptions } from './node/face-api-files.ts';
export { featureCache } from './node/feature-cache.ts';
export { loadFaceDetector } from './node/load-face-detector.ts';
