import type { Request } from "../../core/model/request.ts";

/** A request from one ECR repository to another, of the tag `1.0`. */
export const request: Request = {
  source: "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/app:1.0",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/app",
};
