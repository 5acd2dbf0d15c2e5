/**
 * Which ways of signing in are set up, out of the Worker's variables. Each is off until its variables are set; what is
 * half set or cannot be read is off too, and `faults` says which variable to mend. Never a value: one may be a secret.
 *
 * Pure.
 */
import type { RoleRule } from "./role.ts";
import { parseRoles } from "./role.ts";

/** The variables, by the names that `env.ts` has. */
export interface SignInVariables {
  readonly SHOPFLOOR_ADMIN_TOKEN?: string;
  readonly SHOPFLOOR_GITHUB_CLIENT_ID?: string;
  readonly SHOPFLOOR_GITHUB_CLIENT_SECRET?: string;
  readonly SHOPFLOOR_GITHUB_URL?: string;
  readonly SHOPFLOOR_ACCESS_TEAM?: string;
  readonly SHOPFLOOR_ACCESS_AUD?: string;
  readonly SHOPFLOOR_ROLES?: string;
}

export interface GitHubWay {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Without a trailing slash: where people sign in, and where its API is. */
  readonly webUrl: string;
  readonly apiUrl: string;
}

export interface AccessWay {
  /** Without a trailing slash; also the issuer of its assertions. */
  readonly teamUrl: string;
  /** Application audience tags; an assertion must be for one of them. */
  readonly audiences: readonly string[];
}

export interface SignInSetUp {
  readonly github: GitHubWay | null;
  readonly access: AccessWay | null;
  /** Empty: only the admin token signs in. */
  readonly roles: readonly RoleRule[];
  readonly faults: readonly string[];
}

const GITHUB = "https://github.com";

/** Reads the variables of signing in. */
export function readSignIn(variables: SignInVariables): SignInSetUp {
  const faults: string[] = [];
  const text = (name: keyof SignInVariables) => String(variables[name] ?? "").trim();
  const roles = parseRoles(text("SHOPFLOOR_ROLES"));
  if (!roles.ok) {
    faults.push(
      "Nobody has a role, as SHOPFLOOR_ROLES must be entries such as 'github:ada=admin, *=viewer': " +
        `current entry is '${roles.error.entry.slice(0, 100)}'`,
    );
  }
  return {
    github: readGitHub(text, faults),
    access: readAccess(text, faults),
    roles: roles.ok ? roles.value : [],
    faults,
  };
}

type Read = (name: keyof SignInVariables) => string;

function readGitHub(text: Read, faults: string[]): GitHubWay | null {
  const clientId = text("SHOPFLOOR_GITHUB_CLIENT_ID");
  const clientSecret = text("SHOPFLOOR_GITHUB_CLIENT_SECRET");
  if (clientId === "" && clientSecret === "") return null;
  const given = text("SHOPFLOOR_GITHUB_URL");
  const webUrl = given === "" ? GITHUB : originOf(given);
  const why = clientId === ""
    ? "SHOPFLOOR_GITHUB_CLIENT_ID must be set as well"
    : clientSecret === ""
    ? "SHOPFLOOR_GITHUB_CLIENT_SECRET must be set as well"
    : webUrl === null
    ? "SHOPFLOOR_GITHUB_URL must be an https address without a path"
    // The keys of sessions follow from it.
    : text("SHOPFLOOR_ADMIN_TOKEN") === ""
    ? "SHOPFLOOR_ADMIN_TOKEN must be set as well"
    : null;
  if (why !== null || webUrl === null) {
    faults.push(`Signing in with GitHub is off, as ${why}`);
    return null;
  }
  // GitHub Enterprise Server has its API below the same host.
  const apiUrl = webUrl === GITHUB ? "https://api.github.com" : `${webUrl}/api/v3`;
  return { clientId, clientSecret, webUrl, apiUrl };
}

function readAccess(text: Read, faults: string[]): AccessWay | null {
  const team = text("SHOPFLOOR_ACCESS_TEAM");
  const audiences = text("SHOPFLOOR_ACCESS_AUD").split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
  if (team === "" && audiences.length === 0) return null;
  const teamUrl = /^[a-z0-9-]{1,63}$/i.test(team)
    ? `https://${team.toLowerCase()}.cloudflareaccess.com`
    : originOf(team);
  const why = teamUrl === null
    ? "SHOPFLOOR_ACCESS_TEAM must be the team's name or its https address"
    : audiences.length === 0
    ? "SHOPFLOOR_ACCESS_AUD must be set as well"
    : null;
  if (why !== null || teamUrl === null) {
    faults.push(`Signing in with Cloudflare Access is off, as ${why}`);
    return null;
  }
  return { teamUrl, audiences };
}

/** The origin of an address that a secret may be sent to: https, or this machine; null for every other text. */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isHere = url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  const isBare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  return (url.protocol === "https:" || isHere) && isBare ? url.origin : null;
}
