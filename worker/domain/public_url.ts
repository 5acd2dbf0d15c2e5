/**
 * Which addresses the control plane may ask by itself, with whatever it can reach: for a line's repository, for a webhook.
 * A private one must be allowed by the name of its host. Pure.
 *
 * A name that resolves to a private address is not seen here: a Worker cannot look up a name and then connect to the very
 * address that it judged. On the platform `fetch` reaches public addresses only; a control plane on a machine of yours
 * reaches what that machine does.
 */
import { isPrivateHost } from "../../protocol/private_host.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

export type UrlRefusal =
  | { readonly reason: "not_a_url" }
  | { readonly reason: "not_https"; readonly protocol: string }
  | { readonly reason: "has_credentials" }
  | { readonly reason: "private_host"; readonly host: string };

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
  if (!isAllowed && isPrivateHost(url.hostname)) return err({ reason: "private_host", host: url.hostname });
  url.hash = "";
  return ok(url);
}
