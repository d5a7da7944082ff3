import { MemoryDestination } from "../fakes/memory-destination.ts";
import { MemorySource } from "../fakes/memory-source.ts";
import { describeDestination } from "./destination.ts";
import { describeSource } from "./source.ts";

describeSource("memory", async (content, tag) => {
  const source = new MemorySource();
  source.add(content, tag);
  return source;
});

describeDestination("memory", async (rules) => new MemoryDestination(rules));
