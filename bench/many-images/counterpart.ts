/*
 * The registry for the measurement of listings: two sides, `from` and `to`, that have the same images, in as many
 * repositories as are asked for. It knows the two listing calls of ECR, in the form in which the product makes them, and
 * refuses all else. Its pages are made before it listens, so that it is the product that takes time.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

const pageSize = 1_000;
const [images = 0, repositories = 0, latency = 0] = process.argv.slice(2).map(Number);
const each = images / repositories;
const pages = Array.from({ length: Math.ceil(each / pageSize) }, (_, page) => pageOf(page));
const calls: Record<string, number> = {};

type Request = Readonly<Record<string, unknown>>;

const operations: Readonly<Record<string, (request: Request) => string>> = {
  DescribeRepositories: () => {
    const names = Array.from({ length: repositories }, (_, number) => `r${number}`);
    const described = names.flatMap((name) => [
      { repositoryName: `from/${name}` },
      { repositoryName: `to/${name}` },
    ]);
    return JSON.stringify({ repositories: described });
  },
  ListImages: ({ repositoryName, nextToken }) => {
    const [, side = "", number = ""] = /^(from|to)\/r(\d+)$/.exec(String(repositoryName)) ?? [];
    if (!side || Number(number) >= repositories) throw new Error("RepositoryNotFoundException");
    const page = nextToken === undefined ? 0 : Number(nextToken);
    // The sides do not tell of their images in the same order, and neither does ECR.
    const imageIds = pages.at(side === "from" ? page : -1 - page);
    if (imageIds === undefined) throw new Error("InvalidParameterException");
    const next = page + 1 < pages.length ? `,"nextToken":"${page + 1}"` : "";
    return `{"imageIds":${imageIds}${next}}`;
  },
};

function pageOf(page: number): string {
  const length = Math.min(pageSize, each - page * pageSize);
  const imageIds = Array.from({ length }, (_, at) => {
    const imageTag = `v1.${page}.${at}-${(page * pageSize + at).toString(16)}`;
    return { imageDigest: `sha256:${createHash("sha256").update(imageTag).digest("hex")}`, imageTag };
  });
  return JSON.stringify(imageIds);
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
  const side = /"repositoryName":"(\w+)\//.exec(body)?.[1];
  const name = side ? `${operation} ${side}` : operation;
  calls[name] = (calls[name] ?? 0) + 1;
  if (latency > 0) await setTimeout(latency);
  const [status, answer] = answerTo(operation, body);
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(answer);
});

function answerTo(operation: string, body: string): [number, string] {
  try {
    const request = JSON.parse(body) as Request;
    if (request["maxResults"] !== pageSize) throw new Error("InvalidParameterException");
    const answer = operations[operation];
    if (!answer) throw new Error("UnknownOperationException");
    return [200, answer(request)];
  } catch (error) {
    return [400, JSON.stringify({ __type: (error as Error).message, message: body })];
  }
}

process.on("message", () => process.send?.(calls));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
