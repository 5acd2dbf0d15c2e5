/** Providers of several scopes, and those that are named by an alias of `providers:` (Pipeline s15). */
import type { Provider } from "./ast.ts";
import type { Place } from "./fault.ts";
import type { Findings } from "./shape.ts";

export const NO_PROVIDER: Provider = {
  model: null,
  baseUrl: null,
  authToken: null,
  connectTimeoutMs: null,
  readTimeoutMs: null,
  maxHistoryMessages: null,
  sampling: {},
};

/** Field by field. An alias names a whole provider: nothing of what it stands over is sent to where it leads. */
export function mergeProvider(base: Provider | null, over: Provider | null): Provider | null {
  if (base === null || over === null) return over ?? base;
  if (over.alias !== undefined) return over;
  const set = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== null));
  return { ...NO_PROVIDER, ...base, ...set, sampling: { ...base.sampling, ...over.sampling } };
}

/**
 * What a provider is: its own fields over those that its alias leads to, through aliases of aliases. A name that is none is
 * `vendor/model` or a model's name.
 *
 * @param what Begins a warning.
 */
export function resolveAlias(
  provider: Provider,
  what: string,
  place: Place,
  { providers, findings }: {
    readonly providers: Readonly<Record<string, Provider>>;
    readonly findings: Findings;
  },
): Provider {
  const { alias, ...own } = provider;
  if (alias === undefined) return provider;
  const way = [alias];
  for (;;) {
    const name = way.at(-1)!;
    const known = Object.hasOwn(providers, name) ? providers[name]! : null;
    if (known !== null && known.alias === undefined) {
      return known.writtenAs === undefined ? mergeProvider(known, own)! : changeUsers(known, own);
    }
    if (known === null) {
      if (way.length === 1 && !name.includes("/")) {
        findings.warn(`${what}: there is no provider '${name}': it is taken as a model's name`, place);
      }
      return mergeProvider({ ...NO_PROVIDER, model: name }, own)!;
    }
    const isRound = way.includes(known.alias!);
    way.push(known.alias!);
    if (!isRound) continue;
    findings.warn(`${what}: the providers ${way.join(" -> ")} lead to each other: none is used`, place);
    return own;
  }
}

/** A provider of the user's own file with a pipeline's fields over it: its token is not for a server that the pipeline names. */
function changeUsers(known: Provider, own: Provider): Provider {
  const { writtenAs: name, ...merged } = mergeProvider(known, own)!;
  const { sampling, ...fields } = own;
  const isChanged = Object.values(fields).some((value) => value !== null) || Object.keys(sampling).length > 0;
  if (!isChanged) return { ...merged, writtenAs: name! };
  const isKept = own.authToken === null && own.baseUrl === null && known.authToken !== null;
  return isKept ? { ...merged, writtenAs: null } : { ...merged, authToken: own.authToken };
}

/** Where prompts go, and with what token: what is of the user's own file goes where that file says, or nowhere. */
export function serverOf(
  own: Provider | null,
  base: Provider | null,
): { readonly baseUrl: string | null; readonly authToken: string | null } {
  const isUsers = (one: Provider | null) => one?.writtenAs !== undefined;
  if (own !== null && isUsers(own)) return { baseUrl: own.baseUrl, authToken: own.authToken };
  const isElsewhere = isUsers(base) && own !== null && own.baseUrl !== null;
  return {
    baseUrl: own?.baseUrl ?? base?.baseUrl ?? null,
    authToken: own?.authToken ?? (isElsewhere ? null : base?.authToken ?? null),
  };
}
