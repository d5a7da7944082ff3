import { ArchiveIndex } from "./archive-index.ts";
import type { RandomAccess } from "./random-access.ts";
import { readTarEntries } from "./tar-entries.ts";

/** Indexes a tar archive by its headers alone: a read or less for each entry. Throws what `readTarEntries` throws. */
export async function indexTar(archive: RandomAccess): Promise<ArchiveIndex> {
  const index = new ArchiveIndex();
  for await (const entry of readTarEntries(archive)) index.add(entry);
  return index;
}
