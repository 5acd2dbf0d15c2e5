/**
 * Which paths of a model's API a sandbox reaches, and what they are upstream. A key of a model opens its API; a token of a
 * person or of a cloud opens more (an account, buckets, machines), so with one only calls of models pass. Pure.
 *
 * 1. On Google's cloud the project and the region are the runner's own, whatever the sandbox names.
 */
import type { ModelDialect, ModelProvider } from "../ports.ts";

/** The path upstream, below the base URL; null: it is not served. */
export type PathRule = (path: string) => string | null;

const ANTHROPIC_CALL = /^\/v1\/(?:messages(?:\/count_tokens)?|models(?:\/[A-Za-z0-9._:-]+)?)$/;
const BEDROCK_CALL =
  /^\/model\/[A-Za-z0-9._:-]+\/(?:invoke|invoke-with-response-stream|count-tokens|converse|converse-stream)$/;
const VERTEX_CALL =
  /^\/(v1|v1beta1)\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/(anthropic|google)\/models\/([A-Za-z0-9._@-]+):(rawPredict|streamRawPredict|generateContent|streamGenerateContent|countTokens)$/;

/** @param isKey What is added is a key of the model's API, which opens nothing else. */
export function pathRule(provider: ModelProvider["name"], dialect: ModelDialect, isKey: boolean): PathRule {
  switch (dialect.kind) {
    case "vertex":
      return (path) => vertexPath(path, provider === "anthropic" ? "anthropic" : "google", dialect);
    case "bedrock":
      return (path) => BEDROCK_CALL.test(path) ? path : null;
    case "direct":
      if (isKey || provider !== "anthropic") return (path) => path;
      return (path) => ANTHROPIC_CALL.test(path) ? path : null;
  }
}

function vertexPath(
  path: string,
  publisher: "anthropic" | "google",
  { project, region }: Extract<ModelDialect, { kind: "vertex" }>,
): string | null {
  const [, version, named, model, call] = VERTEX_CALL.exec(path) ?? [];
  if (named !== publisher) return null;
  return `/${version}/projects/${project}/locations/${region}/publishers/${publisher}/models/${model}:${call}`;
}
