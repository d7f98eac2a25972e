/**
 * What reads files: Node.js and other platforms with `node:fs`.
 *
 * @module
 */
export { ferDataset, readFerFiles } from './node/fer-files.ts';
export type { FerFiles } from './node/fer-files.ts';

export { openFolder } from './node/open-folder.ts';
export type { OpenFolderOptions } from './node/open-folder.ts';
export type { DataFolder, FolderEntry, FolderLocation, RecordOptions } from './folder/data-folder.ts';
export { readDataPath } from './node/open-data.ts';
export type { ReadDataPathOptions } from './node/open-data.ts';

export { datasetReaders, readDataset, recognizeLayout } from './reader/recognize-layout.ts';
export type { LayoutCandidate, RecognizedLayout } from './reader/recognize-layout.ts';
export type { DatasetFacts, DatasetReader, LayoutMatch, MissingPolicy } from './reader/reader.ts';
export { rafDb } from './reader/raf-db.ts';
export type { RafDbOptions } from './reader/raf-db.ts';
export { affectNet } from './reader/affect-net.ts';
export type { AffectNetOptions } from './reader/affect-net.ts';
export { fer2013 } from './reader/fer2013.ts';
export { fer2013Folders } from './reader/fer2013-folders.ts';
export { ferPlusFolders } from './reader/fer-plus-folders.ts';
export type { FerPlusFoldersOptions } from './reader/fer-plus-folders.ts';
export { ckPlus } from './reader/ck-plus.ts';
export type { CkPlusOptions } from './reader/ck-plus.ts';
export { mmi } from './reader/mmi.ts';
export type { MmiOptions } from './reader/mmi.ts';
export { ouluCasia } from './reader/oulu-casia.ts';
export type { OuluCasiaOptions } from './reader/oulu-casia.ts';
export { sfew } from './reader/sfew.ts';
export type { SfewOptions } from './reader/sfew.ts';
export { afew } from './reader/afew.ts';
export type { AfewOptions } from './reader/afew.ts';
export { emotioNet } from './reader/emotio-net.ts';
export type { EmotioNetOptions } from './reader/emotio-net.ts';
export { expressionOfActionUnits, expressionUnits } from './reader/action-unit-expressions.ts';
export type { NoExpression } from './reader/action-unit-expressions.ts';
export { webEmotion } from './reader/web-emotion.ts';
export type { WebEmotionOptions } from './reader/web-emotion.ts';
export { imageFolder } from './reader/image-folder.ts';
export type { ImageFolderOptions } from './reader/image-folder.ts';
export { csvTable } from './reader/csv.ts';
export type { CsvTableOptions, TableColumns } from './reader/csv.ts';
export { parquetTable } from './reader/parquet.ts';
export type { ParquetTableOptions } from './reader/parquet.ts';
export { npzTable } from './reader/npz.ts';
export type { NpzTableOptions } from './reader/npz.ts';

export { tableDataset } from './table/table-dataset.ts';
export type { TableDataset, TableDatasetOptions } from './table/table-dataset.ts';
export type { Dropped, LoadPicture, Sample, SampleTable, StoredImage, TableOrigin } from './table/sample-table.ts';
export { picturePool } from './node/picture-pool.ts';
export type { PicturePoolOptions } from './node/picture-pool.ts';
export type { PictureOrder, PicturePool, PictureRequest } from './table/picture-pool.ts';
export type { PictureMaking } from './table/picture-making.ts';
export type { CountReport, CountUnit, PublishedCounts, SplitCounts } from './table/counts.ts';

export type { DecodedImage, ImageDecoder } from './image/image.ts';
export { portableDecoder } from './image/portable-decoder.ts';
export { sharpDecoder } from './node/sharp-decoder.ts';
export { encodePng } from './image/png.ts';
export { imageFormat } from './image/format.ts';
export type { ImageFormat } from './image/format.ts';
export { centreSquare, resizeImage } from './image/resize.ts';
export type { ResizeFilter, ResizeOptions } from './image/resize.ts';
export type { CropBox } from './image/crop.ts';
export { withChannels } from './image/channels.ts';

export { inspectDataset } from './inspect/inspect-dataset.ts';
export type { DatasetReport, InspectOptions, RepeatReport, SampleReference } from './inspect/inspect-dataset.ts';
export type { NearLimits } from './inspect/difference-hash.ts';
export { weakDataset } from './node/weak-dataset.ts';
export type { WeakDatasetOptions } from './node/weak-dataset.ts';
export type { CropImage, WeakSetOptions, WeakSetSummary } from './weak/weak-samples.ts';
