/** The settings for people: each value, and where it came from. */
import { type ResolvedSettings, SETTING_KEYS } from "./resolved_settings.ts";

interface Shown {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
}

/** One line each: key, value, where it came from. Variables by name only: a value may be a secret (S1). */
export function settingsText(settings: ResolvedSettings): string {
  const lines = shown(settings);
  const width = Math.max(...lines.map(({ key }) => key.length));
  const values = lines.map(({ value }) => valueText(value));
  const valueWidth = Math.max(...values.map((value) => value.length));
  return lines.map(({ key, from }, n) => `${key.padEnd(width)}  ${values[n]!.padEnd(valueWidth)}  ${from}`)
    .join("\n");
}

/** The same as `{KEY: {value, from}}`. */
export function settingsJson(settings: ResolvedSettings): string {
  const entries = shown(settings).map(({ key, value, from }) => [key, { value, from }]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function shown({ values, from, env, envFrom }: ResolvedSettings): readonly Shown[] {
  return [
    ...SETTING_KEYS.map((key) => ({ key, value: values[key], from: from[key] })),
    ...Object.keys(env).sort().map((name) => ({ key: `env.${name}`, value: "(set)", from: envFrom[name]! })),
  ];
}

function valueText(value: unknown): string {
  return value === null || (Array.isArray(value) && value.length === 0) ? "-" : String(value);
}
