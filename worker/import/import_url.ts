/** Which addresses a line may be fetched from: those that may be asked at all, without what follows the path. */
import { ok, type Result } from "../../protocol/result.ts";
import { publicUrl, type UrlRefusal } from "../domain/public_url.ts";

export type { UrlRefusal };

/**
 * Reads the address of a repository.
 *
 * @param allowed See {@link publicUrl}.
 */
export function importUrl(text: string, allowed: readonly string[]): Result<URL, UrlRefusal> {
  const url = publicUrl(text, allowed);
  if (!url.ok) return url;
  url.value.search = "";
  return ok(url.value);
}

/** The hosts of the setting: names with commas in between. */
export function allowedHosts(setting: string | undefined): string[] {
  return (setting ?? "").split(",").map((host) => host.trim().toLowerCase()).filter((host) => host !== "");
}
