/** What cached features belong to. */
export interface FeatureKey {
  /** Of the backbone: {@link PretrainedModel.version}. */
  readonly version: string;
  /** Values of one image. */
  readonly length: number;
}

/** Features of one backbone, by the pixels of images. */
export interface FeatureStore {
  /** Features of images, null where there are none. */
  find(images: readonly Uint8Array[]): Promise<(Float32Array | null)[]>;
  /** Keeps features and gives them as they will be found: rounded to what is stored. */
  add(images: readonly Uint8Array[], features: readonly Float32Array[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Where {@link extractFeatures} keeps features between runs. */
export interface FeatureCache {
  open(key: FeatureKey): Promise<FeatureStore>;
}
