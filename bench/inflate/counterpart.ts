/* An S3 that takes the parts of an upload and keeps none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  const { method, url = "" } = request;
  request.resume().on("end", () => {
    if (method === "PUT") response.writeHead(200, { etag: '"of a part"' }).end();
    else if (url.includes("uploadId")) response.end("<CompleteMultipartUploadResult/>");
    else
      response.end(
        "<InitiateMultipartUploadResult><UploadId>bench</UploadId></InitiateMultipartUploadResult>",
      );
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
