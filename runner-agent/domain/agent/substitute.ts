/**
 * `${NAME}` in the texts of a template (Runtime 1.6): names that start with `AF_` and the template's own variables, nothing of
 * the machine. `$$` is a dollar sign; a dollar sign that begins neither stays as it is. Pure.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";

/** What a name stands for; null: it is not known. */
export type Lookup = (name: string) => string | null;

export type SubstituteError =
  | { readonly reason: "name_unknown"; readonly name: string }
  | { readonly reason: "refers_to_itself"; readonly name: string };

const PLACE = /\$\$|\$\{([^}]*)\}/g;

/** One text with every place filled in. */
export function substitute(text: string, lookup: Lookup): Result<string, SubstituteError> {
  let unknown: string | null = null;
  const filled = text.replace(PLACE, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    const value = lookup(name!);
    if (value === null) unknown ??= name!;
    return value ?? whole;
  });
  return unknown === null ? ok(filled) : err({ reason: "name_unknown", name: unknown });
}

/**
 * Variables whose values may name each other.
 *
 * @param known What may be named besides them.
 */
export function substituteVariables(
  variables: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Result<Readonly<Record<string, string>>, SubstituteError & { readonly key: string }> {
  const filled: Record<string, string> = {};
  const inProgress = new Set<string>();
  let fault: (SubstituteError & { key: string }) | null = null;

  function valueOf(name: string): string | null {
    if (Object.hasOwn(filled, name)) return filled[name]!;
    if (!Object.hasOwn(variables, name)) return Object.hasOwn(known, name) ? known[name]! : null;
    if (inProgress.has(name)) {
      // A variable that extends the one of the same name outside, as `PATH` would.
      if (Object.hasOwn(known, name)) return known[name]!;
      fault ??= { reason: "refers_to_itself", name, key: name };
      return "";
    }
    inProgress.add(name);
    const value = substitute(variables[name]!, valueOf);
    inProgress.delete(name);
    if (!value.ok) {
      fault ??= { ...value.error, key: name };
      return "";
    }
    return filled[name] = value.value;
  }

  for (const name of Object.keys(variables)) valueOf(name);
  return fault === null ? ok(filled) : err(fault);
}
