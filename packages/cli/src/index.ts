/**
 * The command line of selfcure as functions: `main` runs a command inside a program, and the helpers read and write what
 * a run leaves in its folder.
 *
 * @module
 */
export {
  CliError,
  EngineError,
  LabelsFileError,
  QueueError,
  RunFolderError,
  StrategyError,
  UsageError,
} from './errors.ts';
export { main } from './main.ts';
export { fileStore } from './run-folder/file-store.ts';
export type { FileStore } from './run-folder/file-store.ts';
export type { DataFacts, RunManifest, TestFigures, TrustedFacts } from './run-folder/manifest.ts';
export type { TrainSettings } from './train/settings.ts';
export { loadModel, loadRecalibrations, saveModel } from './run-folder/model-file.ts';
export type { LoadModelOptions } from './run-folder/model-file.ts';
export type { Recalibrations } from '@selfcure/audit';
export type { Output, Shell } from './shell.ts';
