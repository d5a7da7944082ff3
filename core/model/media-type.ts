const docker = "application/vnd.docker.distribution.manifest";
const oci = "application/vnd.oci.image";

/** Media types of manifests that list the blobs of one image. */
export const imageTypes: readonly string[] = [`${oci}.manifest.v1+json`, `${docker}.v2+json`];

/** Media types of manifests that list other manifests. */
export const indexTypes: readonly string[] = [`${oci}.index.v1+json`, `${docker}.list.v2+json`];

/** Every manifest media type that is copied, to be sent as what is accepted. */
export const manifestTypes: readonly string[] = [...indexTypes, ...imageTypes];

/** Docker's first manifest format, whose digest is not that of its bytes. */
export const schema1Types: readonly string[] = [`${docker}.v1+json`, `${docker}.v1+prettyjws`];

/** The types to ask a registry for: the manifests that are copied, and those that are refused by name. */
export const acceptedTypes: readonly string[] = [...manifestTypes, ...schema1Types];

const nondistributable =
  /^application\/vnd\.(docker\.image\.rootfs\.foreign|oci\.image\.layer\.nondistributable)\./;

/** Whether a layer's type says that it is fetched from elsewhere and not held by a registry (OCI image-spec, layer.md). */
export function isNondistributable(mediaType: string): boolean {
  return nondistributable.test(mediaType);
}
