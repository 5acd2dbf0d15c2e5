/**
 * How this runner is let in by the makers of models: read from its environment, under the names that the CLIs themselves have
 * for it, once at its start. What is found stays here; a sandbox is told whose API it is to speak, and no more (S1).
 *
 * The order, the first that is named: the cloud that is asked for by name, a key, a token of a subscription, a command.
 */
import { ANTHROPIC_OAUTH_BETA } from "../limits.ts";
import type { Clock, ModelDialect, ModelProvider, ModelTokens } from "../ports.ts";
import { type PathRule, pathRule } from "./model_paths.ts";
import { byCommand, byServiceAccount, createModelTokens } from "./model_tokens.ts";

/** As `ModelRouteOptions` has it. */
export interface ModelAccess {
  readonly key: string | ModelTokens;
  readonly baseUrl: string;
  readonly dialect?: ModelDialect;
  readonly keyHeader?: ModelProvider["keyHeader"];
  readonly betas?: readonly string[];
  readonly pathRule?: PathRule;
}

/** `way` is for people: what it is and where it came from. */
export type FoundAccess =
  | { readonly kind: "found"; readonly way: string; readonly access: ModelAccess }
  /** Something is named and cannot be used. */
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "none"; readonly wanted: string };

export type Environment = Readonly<Record<string, string | undefined>>;

const BEARER: ModelProvider["keyHeader"] = { name: "authorization", prefix: "Bearer " };

/** The variable with the command that prints a token of a provider. */
export function tokenCommandVariable({ name }: ModelProvider): string {
  return `SHOPFLOOR_${name.toUpperCase()}_TOKEN_COMMAND`;
}

export function findModelAccess(
  provider: ModelProvider,
  env: Environment,
  clock: Pick<Clock, "nowMs">,
): FoundAccess {
  const named = (name: string) => env[name] || undefined;
  const cloud = cloudAccess(provider, env, clock);
  if (cloud !== null) return cloud;
  const baseUrl = named(provider.baseUrlVariable) ?? provider.defaultBaseUrl;
  const key = named(provider.keyVariable);
  if (key !== undefined) {
    return { kind: "found", way: `the key in ${provider.keyVariable}`, access: { key, baseUrl } };
  }
  const oauth = provider.name === "anthropic" ? named("CLAUDE_CODE_OAUTH_TOKEN") : undefined;
  if (oauth !== undefined) {
    return {
      kind: "found",
      way: "the OAuth token in CLAUDE_CODE_OAUTH_TOKEN, as a bearer token",
      access: {
        key: oauth,
        baseUrl,
        keyHeader: BEARER,
        betas: [ANTHROPIC_OAUTH_BETA],
        pathRule: pathRule(provider.name, { kind: "direct" }, false),
      },
    };
  }
  const variable = tokenCommandVariable(provider);
  const command = named(variable);
  if (command === undefined) return { kind: "none", wanted: wantedOf(provider) };
  return {
    kind: "found",
    way: `tokens that the command in ${variable} prints, as bearer tokens`,
    access: {
      key: createModelTokens(byCommand(variable, command, present(env), clock), clock),
      baseUrl,
      keyHeader: BEARER,
      ...(provider.name === "anthropic" ? { betas: [ANTHROPIC_OAUTH_BETA] } : {}),
      pathRule: pathRule(provider.name, { kind: "direct" }, false),
    },
  };
}

/** Null: no cloud is asked for. */
function cloudAccess(
  provider: ModelProvider,
  env: Environment,
  clock: Pick<Clock, "nowMs">,
): FoundAccess | null {
  switch (provider.name) {
    case "anthropic":
      if (isOn(env["CLAUDE_CODE_USE_VERTEX"])) {
        return vertexAccess(provider, env, clock, {
          wish: "CLAUDE_CODE_USE_VERTEX",
          project: "ANTHROPIC_VERTEX_PROJECT_ID",
          region: "CLOUD_ML_REGION",
          baseUrl: "ANTHROPIC_VERTEX_BASE_URL",
        });
      }
      return isOn(env["CLAUDE_CODE_USE_BEDROCK"]) ? bedrockAccess(provider, env, clock) : null;
    case "gemini":
      return !isOn(env["GOOGLE_GENAI_USE_VERTEXAI"]) ? null : vertexAccess(provider, env, clock, {
        wish: "GOOGLE_GENAI_USE_VERTEXAI",
        project: "GOOGLE_CLOUD_PROJECT",
        region: "GOOGLE_CLOUD_LOCATION",
        baseUrl: "GOOGLE_VERTEX_BASE_URL",
      });
    case "openai":
      return null;
  }
}

/** The variables' names differ by CLI. */
interface VertexNames {
  readonly wish: string;
  readonly project: string;
  readonly region: string;
  readonly baseUrl: string;
}

const PLACE_NAME = /^[a-z0-9][a-z0-9:.-]*$/;

function vertexAccess(
  provider: ModelProvider,
  env: Environment,
  clock: Pick<Clock, "nowMs">,
  names: VertexNames,
): FoundAccess {
  const command = env[tokenCommandVariable(provider)] || undefined;
  const account = env["GOOGLE_APPLICATION_CREDENTIALS"] || undefined;
  const missing = [names.project, names.region].filter((name) => !PLACE_NAME.test(env[name] ?? ""));
  if (command === undefined && account === undefined) {
    missing.push(`GOOGLE_APPLICATION_CREDENTIALS or ${tokenCommandVariable(provider)}`);
  }
  if (missing.length > 0) {
    return { kind: "broken", why: `${names.wish} is set, and wants also ${missing.join(", ")}` };
  }
  const project = env[names.project]!;
  const region = env[names.region]!;
  const dialect: ModelDialect = { kind: "vertex", project, region };
  const mint = command !== undefined
    ? byCommand(tokenCommandVariable(provider), command, present(env), clock)
    : byServiceAccount(account!, clock);
  return {
    kind: "found",
    way: `Vertex AI (${project}, ${region}), with tokens by ${
      command !== undefined
        ? `the command in ${tokenCommandVariable(provider)}`
        : "the service account in GOOGLE_APPLICATION_CREDENTIALS"
    }`,
    access: {
      key: createModelTokens(mint, clock),
      baseUrl: (env[names.baseUrl] || vertexOrigin(region)).replace(/\/v1\/?$/, ""),
      dialect,
      keyHeader: BEARER,
      pathRule: pathRule(provider.name, dialect, false),
    },
  };
}

function vertexOrigin(region: string): string {
  if (region === "global") return "https://aiplatform.googleapis.com";
  if (region === "us" || region === "eu") return `https://aiplatform.${region}.rep.googleapis.com`;
  return `https://${region}-aiplatform.googleapis.com`;
}

/** With its keys, which are bearer tokens; requests are not signed (ADR 0050). */
function bedrockAccess(provider: ModelProvider, env: Environment, clock: Pick<Clock, "nowMs">): FoundAccess {
  const key = env["AWS_BEARER_TOKEN_BEDROCK"] || undefined;
  const variable = tokenCommandVariable(provider);
  const command = env[variable] || undefined;
  const region = env["AWS_REGION"] ?? "";
  const missing = [
    ...(PLACE_NAME.test(region) ? [] : ["AWS_REGION"]),
    ...(key === undefined && command === undefined ? [`AWS_BEARER_TOKEN_BEDROCK or ${variable}`] : []),
  ];
  if (missing.length > 0) {
    return {
      kind: "broken",
      why: `CLAUDE_CODE_USE_BEDROCK is set, and wants also ${missing.join(", ")}; ` +
        "requests are not signed with AWS_SECRET_ACCESS_KEY",
    };
  }
  const dialect: ModelDialect = { kind: "bedrock", region };
  return {
    kind: "found",
    way: `Bedrock (${region}), with ${
      key === undefined
        ? `keys that the command in ${variable} prints`
        : "the key in AWS_BEARER_TOKEN_BEDROCK"
    }`,
    access: {
      key: key ?? createModelTokens(byCommand(variable, command!, present(env), clock), clock),
      baseUrl: env["ANTHROPIC_BEDROCK_BASE_URL"] || `https://bedrock-runtime.${region}.amazonaws.com`,
      dialect,
      keyHeader: BEARER,
      pathRule: pathRule(provider.name, dialect, false),
    },
  };
}

function wantedOf(provider: ModelProvider): string {
  const oauth = provider.name === "anthropic" ? ", CLAUDE_CODE_OAUTH_TOKEN" : "";
  return `${provider.keyVariable}${oauth} or ${tokenCommandVariable(provider)}`;
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|true|yes|on)$/i.test(text);
}

function present(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
