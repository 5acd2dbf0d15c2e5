/**
 * The whole environment of a git command on the host: nothing is inherited that is not named here.
 *
 * 1. `none`: our own disk. No configuration of the system or of a user is read.
 * 2. `origin`: the project's real repository, with the host's own credentials: HOME, the ssh agent, proxies and
 *    certificates, and for a URL that carried credentials a header.
 * 3. `task_repository`: the control plane, and every place that a job has a token for. No credential of the host; the token
 *    as a header, which is never sent on to where a redirect points.
 * 4. Secrets are in the environment, never in arguments (S1). Hooks, file system monitors and background
 *    maintenance are off in every case. git never asks a terminal.
 *
 * Pure: what the host's environment holds is an argument.
 */
import type { Origin } from "./allowed_repository.ts";

export type GitAccess =
  | { readonly kind: "none" }
  | { readonly kind: "origin"; readonly origin: Origin }
  | { readonly kind: "task_repository"; readonly authorization: string };

export interface GitHost {
  /** The environment of the runner. */
  readonly env: Readonly<Record<string, string>>;
  /** A configuration file of ours that stands in for the user's; it says that we trust directories of others. */
  readonly configFile: string;
}

const CREDENTIAL_NAMES = ["HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK"];
const NETWORK_NAMES = [
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "GIT_SSL_CAINFO",
];

const QUIET_CONFIG: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  // What another system would take for `.git` or `..` is refused here too: a commit travels.
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "submodule.recurse": "false",
};

/** Text of {@link GitHost.configFile}. */
export const HOST_GIT_CONFIG = "[safe]\n\tdirectory = *\n";

/**
 * Builds the environment.
 *
 * @param config Settings for this one command, over every file; they do not reach a repository at the other end.
 */
export function gitEnvironment(
  host: GitHost,
  access: GitAccess,
  config: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PATH: host.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    ...accessVariables(host, access),
    ...configVariables({ ...QUIET_CONFIG, ...accessConfig(access), ...config }),
  };
}

/** Strings that {@link gitEnvironment} put into the environment and that no message may show. */
export function accessSecrets(access: GitAccess): readonly string[] {
  const authorization = access.kind === "none"
    ? null
    : access.kind === "origin"
    ? access.origin.authorization
    : access.authorization;
  if (authorization === null) return [];
  const [scheme, written = ""] = authorization.split(" ", 2);
  return [authorization, written, ...(scheme === "Basic" ? [passwordOf(written)] : [])].filter((one) =>
    one !== ""
  );
}

/** What a server may repeat in clear; empty for what is no such header. */
function passwordOf(written: string): string {
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(written));
    return text.slice(text.indexOf(":") + 1);
  } catch (error) {
    if (error instanceof SyntaxError) return "";
    throw error;
  }
}

function accessVariables(host: GitHost, access: GitAccess): Record<string, string> {
  const ours = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: host.configFile };
  switch (access.kind) {
    case "none":
      return { ...ours, HOME: "/nonexistent", GIT_ALLOW_PROTOCOL: "file" };
    case "task_repository":
      return {
        ...ours,
        ...pick(host.env, NETWORK_NAMES),
        HOME: "/nonexistent",
        GIT_ALLOW_PROTOCOL: "http:https",
      };
    case "origin":
      if (access.origin.kind === "local") {
        return { ...ours, ...pick(host.env, CREDENTIAL_NAMES), GIT_ALLOW_PROTOCOL: "file" };
      }
      return {
        ...pick(host.env, [...CREDENTIAL_NAMES, ...NETWORK_NAMES]),
        // ssh asks the terminal unless it is told to ask a program; this one always says no.
        SSH_ASKPASS: "/bin/false",
        SSH_ASKPASS_REQUIRE: "force",
        GIT_ALLOW_PROTOCOL: "http:https:ssh:git",
      };
  }
}

function accessConfig(access: GitAccess): Record<string, string> {
  if (access.kind === "task_repository") {
    return {
      "http.extraHeader": `Authorization: ${access.authorization}`,
      "http.followRedirects": "false",
      "credential.helper": "",
    };
  }
  if (access.kind === "origin" && access.origin.authorization !== null) {
    return {
      "http.extraHeader": `Authorization: ${access.origin.authorization}`,
      "http.followRedirects": "false",
    };
  }
  return {};
}

/** git's own way to take settings from the environment: `GIT_CONFIG_COUNT` and numbered pairs. */
export function configVariables(config: Readonly<Record<string, string>>): Record<string, string> {
  const variables: Record<string, string> = {};
  const entries = Object.entries(config);
  entries.forEach(([key, value], i) => {
    variables[`GIT_CONFIG_KEY_${i}`] = key;
    variables[`GIT_CONFIG_VALUE_${i}`] = value;
  });
  return { ...variables, GIT_CONFIG_COUNT: String(entries.length) };
}

function pick(env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => env[name] === undefined ? [] : [[name, env[name]]]));
}
