/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The API for people to browse: each operation with its tokens, parameters, bodies and answers. Runs no script. */
import { Layout } from "./layout.tsx";

interface DocBody {
  readonly contentType: string;
  /** JSON schema as text. */
  readonly schema: string;
}

export interface DocOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly tokens: readonly string[];
  readonly scope: string | null;
  readonly parameters: readonly {
    readonly name: string;
    readonly place: string;
    readonly isRequired: boolean;
    readonly description: string;
    readonly type: string;
  }[];
  readonly body: DocBody | null;
  readonly answers: readonly {
    readonly status: string;
    readonly description: string;
    readonly body: DocBody | null;
  }[];
}

export interface DocGroup {
  readonly name: string;
  readonly operations: readonly DocOperation[];
}

export interface ApiDocsProps {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly groups: readonly DocGroup[];
}

/** The whole page. */
export function ApiDocsPage({ title, version, description, groups }: ApiDocsProps) {
  return (
    <Layout title="API" at="api">
      <h1>{title}: the API</h1>
      <p class="soft">
        Version {version}, as a document for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1)
      </p>
      <p>{description}</p>
      <nav aria-label="Groups" class="meta">
        {groups.map((group) => <a key={group.name} href={`#${anchorOf(group.name)}`}>{group.name}</a>)}
      </nav>
      {groups.map((group) => (
        <section key={group.name} aria-labelledby={anchorOf(group.name)}>
          <h2 id={anchorOf(group.name)}>
            {group.name} <span class="count">{group.operations.length}</span>
          </h2>
          {group.operations.map((operation) => <OperationPanel key={operation.id} operation={operation} />)}
        </section>
      ))}
    </Layout>
  );
}

function OperationPanel({ operation }: { readonly operation: DocOperation }) {
  const { id, method, path, summary, description, tokens, scope, parameters, body, answers } = operation;
  return (
    <details class="panel" id={id}>
      <summary>
        <code>{method} {path}</code> <span class="soft">{summary}</span>
      </summary>
      {description.split("\n\n").filter((text) => text !== "").map((text) => <p key={text}>{text}</p>)}
      <p class="meta">
        {tokens.length === 0 ? "No token." : `Token: ${tokens.join(", ")}.`}
        {scope === null ? null : (
          <span>
            Scope of a user's token: <code>{scope}</code>
          </span>
        )}
      </p>
      {parameters.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th>Parameter</th>
              <th>In</th>
              <th>Type</th>
              <th>What</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, place, isRequired, type, description }) => (
              <tr key={`${place} ${name}`}>
                <td>
                  <code>{name}</code>
                  {isRequired ? "" : " (optional)"}
                </td>
                <td>{place}</td>
                <td>{type}</td>
                <td>{description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {body === null ? null : <BodyBlock title="Body" body={body} />}
      {answers.map(({ status, description, body }) => (
        <div key={status}>
          <p>
            <strong>{status}</strong> {description}
          </p>
          {body === null ? null : <BodyBlock title="Answer" body={body} />}
        </div>
      ))}
    </details>
  );
}

function BodyBlock({ title, body }: { readonly title: string; readonly body: DocBody }) {
  return (
    <details>
      <summary>
        {title}: <code>{body.contentType}</code>
      </summary>
      <pre>{body.schema}</pre>
    </details>
  );
}

function anchorOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
