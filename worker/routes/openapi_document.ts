/** The OpenAPI 3.1 document of the control plane, made from the operations that the route files declare. */
import { z } from "zod";
import { refusalAnswer } from "../../protocol/line/answers.ts";
import { SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import { isMedia, type Media, type Operation, PROJECT_PATH } from "./operation.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Json[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query" | "header";
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Json;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Json };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
  /** Ours: kinds of tokens, and the scope that a user's needs. */
  readonly "x-tokens": readonly string[];
  readonly "x-scope"?: string;
}

export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Json;
}

const DESCRIPTION =
  "The control plane of an assembly line for AI coding agents: the Assembly Line Protocol, with the reference's spellings " +
  'as further paths, and what it leaves to a server. Every refusal is `{"error": {"code", "message"}}`; codes are stable.';

const REFUSAL = { $ref: "#/components/schemas/Refusal" };

/** Builds the document. */
export function openApiDocument(operations: readonly Operation[]): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of operations) {
    operation.paths.forEach((path, spelling) => {
      const place = paths[templateOf(path)] ??= {};
      place[operation.method] = describe(operation, path, spelling);
    });
  }
  return {
    openapi: "3.1.0",
    info: { title: "Shopfloor", version: SHOPFLOOR_VERSION, description: DESCRIPTION },
    servers: [{ url: "/" }],
    tags: [...new Set(operations.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of the project, or the admin's." },
        basic: {
          type: "http",
          scheme: "basic",
          description: "For git: any user name, the token as password.",
        },
      },
      schemas: { Refusal: jsonSchema(refusalAnswer, "output") },
    },
  };
}

/** `/a/:b{regex}/c` becomes `/a/{b}/c`. */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
}

function describe(operation: Operation, path: string, spelling: number): OpenApiOperation {
  const { tag, summary, description, tokens, scope, body } = operation;
  const same = spelling === 0 ? null : `The same as \`${templateOf(operation.paths[0]!)}\`.`;
  const texts = [description, same].filter((text) => text != null);
  const isGit = tokens.includes("repository");
  return {
    operationId: operationIdOf(operation.method, path),
    tags: [tag],
    summary,
    ...(texts.length === 0 ? {} : { description: texts.join("\n\n") }),
    security: tokens.length === 0 ? [] : [{ bearer: [] }, ...(isGit ? [{ basic: [] }] : [])],
    parameters: [
      ...pathParameters(path),
      ...queryParameters(operation),
      ...headerParameters(operation, path),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: operation.isBodyOptional !== true, content: contentOf(body, "input") } }),
    responses: { ...answersOf(operation), ...refusalsOf(operation, path) },
    "x-tokens": tokens,
    ...(scope === undefined ? {} : { "x-scope": scope }),
  };
}

function operationIdOf(method: string, path: string): string {
  const words = path.replace(PROJECT_PATH, "/project").replace(/\{[^}]*\}/g, "").split(/[^A-Za-z0-9]+/);
  return [method, ...words.filter((word) => word !== "")].join("_");
}

function pathParameters(path: string): OpenApiOperation["parameters"] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path" as const,
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query }: Operation): OpenApiOperation["parameters"] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(query, "input") as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query" as const,
    required: required.includes(name),
    ...(typeof description === "string" ? { description } : {}),
    schema,
  }));
}

/** Every POST of a project does. */
function takesKey({ method, takesKey = false }: Operation, path: string): boolean {
  return (method === "post" || takesKey) && path.startsWith(PROJECT_PATH);
}

function headerParameters(operation: Operation, path: string): OpenApiOperation["parameters"] {
  if (!takesKey(operation, path)) return [];
  return [{
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "The same key with the same request takes effect once, for 24 hours.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  }];
}

function answersOf({ answers }: Operation): OpenApiOperation["responses"] {
  return Object.fromEntries(
    Object.entries(answers).map(([status, body]) => [
      status,
      body === null
        ? { description: "Nothing comes with it." }
        : { description: isMedia(body) ? body.description : "Done.", content: contentOf(body, "output") },
    ]),
  );
}

/** Those that the route names, and those that follow from what it takes. */
function refusalsOf(operation: Operation, path: string): OpenApiOperation["responses"] {
  const { tokens, scope, query, body, refusals = [] } = operation;
  const isOfProject = path.startsWith(PROJECT_PATH);
  const isJson = body !== undefined && !isMedia(body);
  const isLink = tokens.includes("link");
  const all = [
    ...(tokens.length > 0 ? ["401 unauthenticated"] : []),
    ...(tokens.length > 0 && !isLink ? ["401 malformed_authorization", "403 wrong_token_kind"] : []),
    ...(isOfProject ? ["403 token_of_other_project", "404 project_not_found"] : []),
    ...(scope === undefined ? [] : ["401 token_expired", "403 missing_scope", "403 token_locked_to_line"]),
    ...(query !== undefined || isJson ? ["400 invalid_input"] : []),
    ...(isJson ? ["400 invalid_json", "413 body_too_large"] : []),
    ...(takesKey(operation, path)
      ? ["400 invalid_idempotency_key", "409 answer_not_kept", "422 idempotency_key_reused"]
      : []),
    ...refusals,
    "500 internal_error",
  ];
  const byStatus = new Map<string, string[]>();
  for (const [status = "", code = ""] of all.map((refusal) => refusal.split(" "))) {
    byStatus.set(status, [...byStatus.get(status) ?? [], `\`${code}\``]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, {
      description: [...new Set(codes)].join(", "),
      content: { "application/json": { schema: REFUSAL } },
    }]),
  );
}

function contentOf(body: z.ZodType | Media, io: "input" | "output"): Json {
  return isMedia(body)
    ? { [body.contentType]: { schema: { type: "string", description: body.description } } }
    : { "application/json": { schema: jsonSchema(body, io) } };
}

/**
 * The JSON schema of what is on the wire. Where a schema first renames what came in (the protocol's aliases), what it
 * renames to is shown.
 */
export function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: made }) => {
      const renamed = renamedTo(zodSchema);
      if (renamed !== null && io === "input") Object.assign(made, jsonSchema(renamed, io));
    },
  });
  return json;
}

/** The schema behind a transformation of raw input; null for every other schema. */
function renamedTo(schema: z.core.$ZodType): z.ZodType | null {
  const { def } = schema._zod as unknown as { def: { type: string; in?: z.ZodType; out?: z.ZodType } };
  if (def.type !== "pipe" || def.in === undefined || def.out === undefined) return null;
  const first = def.in._zod.def as unknown as { type: string; out?: z.ZodType };
  const isTransform = first.type === "transform" ||
    (first.type === "pipe" && first.out?._zod.def.type === "transform");
  return isTransform && def.out._zod.def.type !== "transform" ? def.out : null;
}
