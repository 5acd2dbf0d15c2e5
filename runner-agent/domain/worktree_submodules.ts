/**
 * What `.gitmodules` says, and which repository each submodule of a run is taken from. Pure.
 *
 * 1. Only what the project's own branch says counts: an agent's commit must not name a repository that the runner then
 *    fetches with the host's credentials.
 * 2. The commit of each is the work's, whoever moved it: it can only be one of a repository that the project names.
 */

export interface SubmoduleEntry {
  readonly path: string;
  readonly url: string;
}

/** Reads `git config --null --get-regexp` of a `.gitmodules`; entries without a path or a URL are left out. */
export function parseGitmodules(listing: string): readonly SubmoduleEntry[] {
  const found = new Map<string, { path?: string; url?: string }>();
  for (const record of listing.split("\0")) {
    const [, name, key, value] = /^submodule\.([\s\S]+)\.(path|url)\n([\s\S]*)$/.exec(record) ?? [];
    if (name === undefined) continue;
    // The last one wins, as with git.
    found.set(name, { ...found.get(name), [key as "path" | "url"]: value! });
  }
  return [...found.values()].flatMap(({ path, url }) =>
    path === undefined || url === undefined || path === "" || url === "" ? [] : [{ path, url }]
  );
}

export interface SubmodulePlan {
  readonly fetched: readonly (SubmoduleEntry & { readonly commit: string })[];
  /** Paths that stay empty. */
  readonly unknown: readonly string[];
}

/**
 * @param gitlinks Path to commit of each submodule in the work.
 * @param ofProject What the project's branch says.
 */
export function planSubmodules(
  gitlinks: ReadonlyMap<string, string>,
  ofProject: readonly SubmoduleEntry[],
): SubmodulePlan {
  const urls = new Map(ofProject.map(({ path, url }) => [path, url]));
  const fetched = [...gitlinks].flatMap(([path, commit]) =>
    urls.has(path) ? [{ path, url: urls.get(path)!, commit }] : []
  );
  return { fetched, unknown: [...gitlinks.keys()].filter((path) => !urls.has(path)) };
}

/** Is it a URL that goes on from the project's, as `../other.git`? */
export function isRelativeUrl(url: string): boolean {
  return url.startsWith("./") || url.startsWith("../");
}

/**
 * The URL that a relative one means beside the project's, as `git submodule` has it; null if it leads above the host.
 */
export function besideProject(projectUrl: string, relative: string): string | null {
  let base = projectUrl.replace(/\/+$/, "");
  let rest = relative;
  while (isRelativeUrl(rest)) {
    if (rest.startsWith("./")) {
      rest = rest.slice(2);
      continue;
    }
    const cut = Math.max(base.lastIndexOf("/"), base.includes("://") ? -1 : base.lastIndexOf(":"));
    if (cut < 0 || /^[a-z][a-z0-9+.-]*:\/\/[^/]*$/i.test(base)) return null;
    base = base.slice(0, base[cut] === ":" ? cut + 1 : cut);
    rest = rest.slice(3);
  }
  return base.endsWith(":") ? base + rest : `${base}/${rest}`;
}
