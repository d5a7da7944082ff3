/** The endpoint that the environment puts in the place of AWS's (SDKs and Tools Reference, service-specific endpoints). */
export function customEndpoint(service: "ECR" | "S3"): string | undefined {
  return process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env["AWS_ENDPOINT_URL"];
}
