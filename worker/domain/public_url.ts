/**
 * Which addresses the control plane may ask by itself, with whatever it can reach: for a line's repository, for a webhook.
 * A private one must be allowed by the name of its host. Pure.
 *
 * A name that resolves to a private address is not seen here: a Worker cannot look up a name and then connect to the very
 * address that it judged. On the platform `fetch` reaches public addresses only; a control plane on a machine of yours
 * reaches what that machine does.
 */
import { err, ok, type Result } from "../../protocol/result.ts";

export type UrlRefusal =
  | { readonly reason: "not_a_url" }
  | { readonly reason: "not_https"; readonly protocol: string }
  | { readonly reason: "has_credentials" }
  | { readonly reason: "private_host"; readonly host: string };

/** Names that mean a machine of one's own or of one's own network. */
const PRIVATE_NAME =
  /(^|\.)(localhost|local|internal|intranet|lan|localdomain|home|corp|private|svc|onion|alt|test|invalid|home\.arpa)$/;

/**
 * Reads an address; its fragment goes.
 *
 * @param allowed Hosts (`git.example.lan`, or with a port, `localhost:8080`) that are allowed although private, and over
 * plain HTTP.
 */
export function publicUrl(text: string, allowed: readonly string[]): Result<URL, UrlRefusal> {
  if (!URL.canParse(text)) return err({ reason: "not_a_url" });
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return err({ reason: "has_credentials" });
  const isAllowed = allowed.includes(url.host) || allowed.includes(url.hostname);
  if (url.protocol !== "https:" && !(isAllowed && url.protocol === "http:")) {
    return err({ reason: "not_https", protocol: url.protocol.replace(/:$/, "") });
  }
  if (!isAllowed && isPrivate(url.hostname)) return err({ reason: "private_host", host: url.hostname });
  url.hash = "";
  return ok(url);
}

/** `hostname` as `URL` writes it: lower case, IPv4 in four decimals, IPv6 in brackets. */
function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  const quad = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  if (quad !== null) return isPrivateV4(quad.slice(1).map(Number));
  return !host.includes(".") || PRIVATE_NAME.test(host);
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
