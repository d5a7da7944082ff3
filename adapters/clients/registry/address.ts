import { BlockList, isIP } from "node:net";

/** Addresses that are not on the public internet (IANA special-purpose registries for IPv4 and IPv6, multicast). */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  special.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  special.addSubnet(network, prefix, "ipv6");
}

/** What of IPv6 is given out to be reached from everywhere (RFC 4291, section 2.4; IANA unicast assignments). */
const unicast = new BlockList();
unicast.addSubnet("2000::", 3, "ipv6");

/**
 * Whether an IP address is on the public internet: not private, loopback, link-local, shared, reserved or multicast.
 * IPv6 addresses that stand for one of IPv4, mapped or by NAT64 (RFC 6052), are judged by that.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, "ipv4");
  if (isIP(address) !== 6 || address.includes("%")) return false;
  const embedded = embeddedIn(address);
  if (embedded) return isPublic(embedded);
  return unicast.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** Whether a host, as URLs have it, is this machine by its name or address. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."))
  );
}

function embeddedIn(address: string): string | undefined {
  // A URL writes an address in one way only.
  const { hostname } = new URL(`http://[${address}]`);
  const match = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (!match) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? "", 16), Number.parseInt(match[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
