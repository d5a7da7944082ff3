const MiB = 1024 * 1024;

/** The sizes and counts beyond which a request is refused. */
export interface Quotas {
  readonly partBytes: number;
  /** Every part of an upload but the last one has at least this many bytes. */
  readonly minimumPartBytes: number;
  readonly partsPerLayer: number;
  readonly layerBytes: number;
  readonly layersPerImage: number;
  readonly tagsPerImage: number;
  readonly imagesPerRepository: number;
  /** Of one account in one region. */
  readonly repositories: number;
}

/** ECR's published service quotas, but for `layersPerImage`, where ECR publishes none. */
export const ecrQuotas: Quotas = {
  partBytes: 10 * MiB,
  minimumPartBytes: 5 * MiB,
  partsPerLayer: 4_200,
  layerBytes: 52_000 * MiB,
  layersPerImage: 1_000,
  tagsPerImage: 1_000,
  imagesPerRepository: 100_000,
  repositories: 100_000,
};
