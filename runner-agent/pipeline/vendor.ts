/**
 * The prompt backend that a model's vendor means: `model: openai/gpt-x` of a step without `runner:` (Pipeline s15).
 *
 * 1. Only for a default backend that could not take such a text: Claude Code and Gemini CLI with the servers of their own
 *    vendors. Any other takes vendor/model itself, or what it takes is not known.
 * 2. The name that a backend is given has no vendor then.
 */
import type { ProviderSettings } from "./effect.ts";

/** Who answers for a vendor. */
const BACKEND_OF: Readonly<Record<string, string>> = {
  anthropic: "claude",
  openai: "codex",
  google: "gemini",
  gemini: "gemini",
  ollama: "ollama",
};

/** Backends that know their vendor's models only, with the variable that leads them to another server. */
const ONE_VENDOR: Readonly<Record<string, string>> = {
  claude: "ANTHROPIC_BASE_URL",
  gemini: "GOOGLE_GEMINI_BASE_URL",
};

export interface VendorChoice {
  readonly backend: string;
  readonly model: string;
}

/** What `default` could not take. */
export interface VendorQuestion {
  /** As the file says it. */
  readonly model: string | null;
  /** Lower case. */
  readonly defaultBackend: string;
  readonly provider: Pick<ProviderSettings, "baseUrl" | "authToken">;
  readonly environment: Readonly<Record<string, string>>;
}

/** Null: the default backend, with the text as it is. */
export function chooseByVendor(
  { model, defaultBackend, provider, environment }: VendorQuestion,
): VendorChoice | null {
  const parts = /^\s*([A-Za-z]+)\/(.*\S)\s*$/s.exec(model ?? "");
  if (parts === null) return null;
  const vendor = parts[1]!.toLowerCase();
  if (!Object.hasOwn(BACKEND_OF, vendor) || !Object.hasOwn(ONE_VENDOR, defaultBackend)) return null;
  // A server of one's own may have models of all vendors, and a token is for the one it was given for.
  const isElsewhere = provider.baseUrl !== null || provider.authToken !== null ||
    (environment[ONE_VENDOR[defaultBackend]!] ?? "") !== "";
  return isElsewhere ? null : { backend: BACKEND_OF[vendor]!, model: parts[2]! };
}
