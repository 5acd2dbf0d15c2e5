/** Which hosts are of a machine or a network of one's own: nobody but their owner may make a program of ours ask them. Pure. */

/** Names that mean a machine of one's own or of one's own network. */
const PRIVATE_NAME =
  /(^|\.)(localhost|local|internal|intranet|lan|localdomain|home|corp|private|svc|onion|alt|test|invalid|home\.arpa)$/;

/**
 * A name that resolves to such an address is not seen here.
 *
 * @param hostname As `URL` writes it: lower case, IPv4 in four decimals, IPv6 in brackets.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  const quad = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  if (quad !== null) return isPrivateV4(quad.slice(1).map(Number));
  return !host.includes(".") || PRIVATE_NAME.test(host);
}

/** The same of an address as a resolver gives it, without brackets; what is no address is private. */
export function isPrivateAddress(address: string): boolean {
  return isPrivateHost(address.includes(":") ? `[${address}]` : address);
}

/** Everything that IANA does not give out as globally reachable, and multicast. */
function isPrivateV4([a = 0, b = 0, c = 0]: readonly number[]): boolean {
  return a === 0 || a === 10 || a === 127 || a >= 224 ||
    (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) || (a === 192 && b === 0 && (c === 0 || c === 2)) ||
    (a === 192 && b === 88 && c === 99) ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113);
}

/** Only 2000::/3 is given out; of that, what carries an IPv4 address, is IANA's own (2001::/23) or for documentation is refused too. */
function isPrivateV6(host: string): boolean {
  const [first = 0, second = 0] = host.split(":").map((part) => parseInt(part || "0", 16));
  const isGlobal = first >= 0x2000 && first < 0x4000;
  return !isGlobal || first === 0x2002 || (first === 0x3fff && second < 0x1000) ||
    (first === 0x2001 && (second < 0x200 || second === 0xdb8));
}
