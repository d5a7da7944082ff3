/** The longest manifest that PutImage takes, in characters (API_PutImage, imageManifest). */
export const maxManifestLength = 4_194_304;

/** The largest layer, in bytes: 52,000 MiB (Amazon ECR service quotas). */
export const maxLayerSize = 52_000 * 1024 * 1024;

/** The most layers in one manifest. ECR publishes no number; runtimes stop at 127, artifacts have been seen with hundreds. */
export const maxLayers = 1_000;

/** The most manifests under one tag, and so the most puts: ECR takes ten a second. */
export const maxManifests = 1_000;

/** The most bytes of manifests under one tag: all of them are held in memory while they are put. */
export const maxManifestBytes = 32 * 1024 * 1024;

/** The most layers of one image that are made as they are copied: what was made travels in a state of 256 KiB. */
export const maxRawLayers = 200;

/** The most configs and layers under one tag: an execution's history of 25,000 events has room for that many. */
export const maxBlobs = 10_000;
