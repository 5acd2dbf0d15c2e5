/** The settings for people: each value, and where it came from. */
import type { CredentialSetting } from "../domain/credential.ts";
import { sizeText, timeText } from "../domain/quantity_text.ts";
import { type ResolvedSettings, SETTING_KEYS } from "./resolved_settings.ts";

interface Shown {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
}

/**
 * One line each: key, value, where it came from. Variables by name only, credentials by their address: a value, and a command,
 * may be a secret (S1).
 *
 * @param dataDir What stands in for `data_dir` where nobody has named one.
 */
export function settingsText(
  settings: ResolvedSettings,
  dataDir: string | null = null,
  credentials: readonly CredentialSetting[] = [],
): string {
  const lines = shown(settings, credentials);
  const width = Math.max(...lines.map(({ key }) => key.length));
  const values = lines.map(({ key, value }) => valueText(key, key === "data_dir" ? value ?? dataDir : value));
  const valueWidth = Math.max(...values.map((value) => value.length));
  return lines.map(({ key, from }, n) => `${key.padEnd(width)}  ${values[n]!.padEnd(valueWidth)}  ${from}`)
    .join("\n");
}

/** The same as `{KEY: {value, from}}`; sizes in bytes, times in milliseconds. */
export function settingsJson(
  settings: ResolvedSettings,
  credentials: readonly CredentialSetting[] = [],
): string {
  const entries = shown(settings, credentials).map(({ key, value, from }) => [key, { value, from }]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function shown(
  { values, from, env, envFrom }: ResolvedSettings,
  credentials: readonly CredentialSetting[],
): readonly Shown[] {
  return [
    ...SETTING_KEYS.map((key) => ({ key, value: values[key], from: from[key] })),
    ...Object.keys(env).sort().map((name) => ({ key: `env.${name}`, value: "(set)", from: envFrom[name]! })),
    ...credentials.map((one) => ({ key: `credentials.${one.name}`, value: one.address, from: one.from })),
  ];
}

/** With its unit, and on one line. */
function valueText(key: string, value: unknown): string {
  if (value === null && key.startsWith("budgets.")) return "no limit";
  if (value === null || (Array.isArray(value) && value.length === 0)) return "-";
  if (typeof value === "number" && SIZES.has(key)) return sizeText(value);
  if (typeof value === "number" && key === "budgets.time") return timeText(value);
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text.includes("\n") ? JSON.stringify(text) : text;
}

const SIZES: ReadonlySet<string> = new Set(["limits.memory", "limits.disk"]);
