/*
 * Stands in the functions' bundles for the SDK's chain of providers (package.json, `build:lambdas`): a function's
 * credentials are in its environment, and the rest of the chain is a sixth of a bundle.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
