/** The Region into which the app is deployed, as `replication.yaml` has it. */
export const region = "eu-central-1";

/** The accounts of the app, as `replication.yaml` has them. */
export const accounts = { source: "111111111111", destination: "222222222222", pipeline: "333333333333" };

/** The roles that the app deploys. */
export const roles = {
  source: `arn:aws:iam::${accounts.source}:role/PullImages`,
  destination: `arn:aws:iam::${accounts.destination}:role/CustomEcrRole`,
};

/** The environment of a program that calls local AWS as an account's administrator. */
export function administrator(account: string, endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}
