/**
 * A secret as the resource of a policy: an ARN that ends with the secret's name stands for it with whichever six
 * characters Secrets Manager puts after the name (Secrets Manager User Guide, identity-based policies).
 */
export function secretResource(arn: string): string {
  const isPartial = /:secret:[\w/+=.@!-]+$/.test(arn) && !/-[A-Za-z0-9]{6}$/.test(arn);
  return isPartial ? `${arn}-??????` : arn;
}
