import { ArchiveSource } from "../../core/archive/archive-source.ts";
import { MemoryArchive, ociFiles } from "../fakes/archive.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { MemorySource } from "../fakes/memory-source.ts";
import { tarOf } from "../fakes/tar.ts";
import { describeDestination } from "./destination.ts";
import { describeLayerSearch } from "./layer-search.ts";
import { describeReadable, describeSource } from "./source.ts";

describeSource("memory", async (content, tag) => {
  const source = new MemorySource();
  source.add(content, tag);
  return source;
});

describeDestination("memory", async (rules) => new MemoryDestination(rules));

describeLayerSearch("memory", async () => new MemoryDestination());

describeReadable("an archive", async (content) => {
  const archive = new MemoryArchive(tarOf(ociFiles({ content })));
  return new ArchiveSource(async () => archive);
});
