import { ForwardReader } from "../archive/forward-reader.ts";
import { inflate } from "../archive/inflate.ts";
import { walkTar } from "../archive/tar-entries.ts";
