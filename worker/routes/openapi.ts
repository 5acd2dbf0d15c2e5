/** The API's description: as a document for programs, and as a page for people. Both are made from the same operations. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { ApiDocsPage, type DocGroup, type DocOperation } from "../pages/api_docs.tsx";
import { type OpenApiDocument, openApiDocument, type OpenApiOperation } from "./openapi_document.ts";
import type { Operation } from "./operation.ts";
import { page } from "./page_response.ts";

/** `GET /openapi.json`, `GET /api-docs`: for everybody, as they say nothing of any project. */
export function createOpenApiRoutes(operations: readonly Operation[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  let document: OpenApiDocument | null = null;
  // Made when first asked for: a Worker starts without it.
  const made = () => document ??= openApiDocument(operations);

  app.get("/openapi.json", (c) => c.json(made(), 200, { "cache-control": "public, max-age=300" }));
  app.get("/api-docs", async (c) => {
    const { info } = made();
    return await page(c, ApiDocsPage({ ...info, groups: groupsOf(made()) }));
  });
  return app;
}

function groupsOf({ paths, tags }: OpenApiDocument): DocGroup[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags[0],
      row: docOf(path, method, operation),
    }))
  );
  return tags.map(({ name }) => ({
    name,
    operations: all.filter(({ tag }) => tag === name).map(({ row }) => row),
  }));
}

function docOf(path: string, method: string, operation: OpenApiOperation): DocOperation {
  const [firstBody] = Object.entries(operation.requestBody?.content ?? {});
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: operation.description ?? "",
    tokens: operation["x-tokens"],
    scope: operation["x-scope"] ?? null,
    parameters: operation.parameters.map(({ name, in: place, required, description = "", schema }) => ({
      name,
      place,
      isRequired: required,
      description,
      type: typeof schema["type"] === "string" ? schema["type"] : "",
    })),
    body: firstBody === undefined ? null : bodyOf(firstBody),
    answers: Object.entries(operation.responses).map(([status, { description, content }]) => {
      const [first] = Object.entries(content ?? {});
      const isRefusal = Number(status) >= 400;
      return { status, description, body: first === undefined || isRefusal ? null : bodyOf(first) };
    }),
  };
}

function bodyOf([contentType, content]: readonly [string, unknown]) {
  const { schema } = content as { schema: unknown };
  return { contentType, schema: JSON.stringify(schema, null, 2) };
}
