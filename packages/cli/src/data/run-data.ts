import type { Dataset } from '@selfcure/core';
import type { Trusted } from './trusted-file.ts';

/** What DATA holds, before any label is changed or any sample left out. */
export interface Source {
  /** Short name for the run folder and reports. */
  readonly name: string;
  readonly train: Dataset;
  /** Number by which the user knows each sample of `train`: face number, or row of fer2013.csv (0-based, header not counted). */
  readonly ids: Int32Array;
  readonly validation: Dataset | null;
  readonly test: Dataset | null;
  /** Facts for the manifest, such as rows left out by reason. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Ends the threads that decode, where there are any; they keep no process alive. */
  readonly close?: () => Promise<void>;
}

/** How pictures are read; it decides no pixel. */
export interface Reading {
  /** Bytes of decoded pictures that one part of the data may take in memory. Default 512 MiB. */
  readonly memory?: number;
  /** Folder for decoded pictures that memory does not hold. Default: see `cacheFolder`. */
  readonly cache?: string;
  /** Told what the user should know. */
  readonly note?: (text: string) => void;
}

/** What a run trains on, watches and is tested on. */
export interface RunData extends Source {
  /** Number of samples whose given label the labels file changed; null without one. */
  readonly relabelledByFile: number | null;
  /** Verified labels of the training samples; null without a file of them. */
  readonly trusted: Trusted | null;
}

/** Settings that decide the data of a run. */
export interface DataSettings {
  /** `faces`, or the path of a folder. */
  readonly data: string;
  readonly labels: { readonly path: string; readonly sha256: string } | null;
  /** File of verified labels. */
  readonly trusted: { readonly path: string; readonly sha256: string } | null;
  readonly trainLabels: 'fer2013' | 'majority' | 'plurality' | null;
  readonly testLabels: 'fer2013' | 'majority' | 'plurality' | null;
  readonly samples: number | null;
  readonly testSamples: number | null;
  readonly size: number | null;
  readonly valFraction: number | null;
  readonly dataSeed: number;
  readonly noise: number;
  readonly noiseSeed: number;
}
