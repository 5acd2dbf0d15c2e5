/**
 * A template by its name -> {@link ResolvedTemplate} (Runtime 1.6, 2.6).
 *
 * 1. A name is looked for in the sources in their order; the first that has it counts, whole. Levels are not mixed, except by
 *    `extends`: a template that extends its own name means the one of the next level.
 * 2. From base to leaf: variables, MCP servers, services and files of the home are merged by their names, the later one wins;
 *    model, harness, prompt, instructions and arguments are the last one's that says any.
 * 3. The station's own words come last and are a layer like any other.
 * 4. Places (`${NAME}`) are filled in with the variables of all layers; nothing of this machine is among them.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { McpServerConfig, ResolvedTemplate, ServiceSpec, TemplateHomeFile } from "../agent_ports.ts";
import { parseServices } from "../domain/agent/services.ts";
import { substitute, type SubstituteError, substituteVariables } from "../domain/agent/substitute.ts";
import { TEMPLATE_EXTENDS_MAX } from "../limits.ts";
import type { TemplateFile, TemplateSource } from "./template_folder.ts";
import {
  type InlineTemplate,
  inlineTemplate,
  mcpServer,
  TEMPLATE_NAME,
  templateDocument,
} from "./template_schema.ts";
import { type Located, locatedValue, type Problem, readBy, readYaml } from "./yaml_document.ts";

export interface TemplateWish {
  /** Null: only what the station says itself. */
  readonly name: string | null;
  /** The station's own words: keys of a template that override it; others are not looked at. */
  readonly inline: unknown;
  /** `AF_...` of the run. */
  readonly variables: Readonly<Record<string, string>>;
}

/** One template of a chain, or the station's own words. */
interface Layer {
  readonly label: string;
  readonly at: Located;
  readonly document: InlineTemplate;
  readonly files: ReadonlyMap<string, TemplateFile>;
}

const HOME = "home/";
const INLINE = "the station's operatorConfig";

/** All that is wrong is told at once, where it can be. */
export async function resolveTemplate(
  wish: TemplateWish,
  sources: readonly TemplateSource[],
): Promise<Result<ResolvedTemplate, readonly Problem[]>> {
  const chain = wish.name === null ? ok([]) : await readChain(wish.name, sources);
  if (!chain.ok) return chain;
  const at = locatedValue(INLINE, wish.inline);
  const inline = readBy(at, inlineTemplate);
  if (!inline.ok) return inline;
  const layers = [...chain.value, { label: "station", at, document: inline.value, files: new Map() }];
  return compose(wish, layers);
}

/** The template and what it extends, the base first. */
async function readChain(
  name: string,
  sources: readonly TemplateSource[],
): Promise<Result<readonly Layer[], readonly Problem[]>> {
  const chain: Layer[] = [];
  const seen = new Set<string>();
  let wanted = name;
  let from = 0;
  let askedBy: Located | null = null;
  for (;;) {
    const problem = (message: string) =>
      err([
        askedBy === null ? noPlace(`template '${name}'`, message) : askedBy.problem(["extends"], message),
      ]);
    if (!TEMPLATE_NAME.test(wanted)) return problem("expected letters a-z, digits, '-' and '_'");
    if (chain.length >= TEMPLATE_EXTENDS_MAX) {
      return problem(`expected at most ${TEMPLATE_EXTENDS_MAX} templates that extend each other`);
    }
    const found = await find(wanted, sources, from);
    if (!found.ok) return err([found.error]);
    if (found.value === null) {
      const levels = sources.slice(from).map(({ level }) => level).join(", ");
      return problem(`expected a template that is there, came '${wanted}': looked in ${levels || "nothing"}`);
    }
    const { folder, level, next } = found.value;
    const label = `${level}:${wanted}`;
    if (seen.has(label)) return problem(`expected no circle, came '${wanted}' again`);
    seen.add(label);
    const at = readYaml(`${folder.place}/template.yaml`, folder.files.get("template.yaml")!.text);
    if (!at.ok) return at;
    const document = readBy(at.value, templateDocument);
    if (!document.ok) return document;
    if (document.value.name !== undefined && document.value.name !== wanted) {
      return err([
        at.value.problem(["name"], `expected the folder's name '${wanted}', came '${document.value.name}'`),
      ]);
    }
    chain.unshift({ label, at: at.value, document: document.value, files: folder.files });
    if (document.value.extends === undefined) return ok(chain);
    from = document.value.extends === wanted ? next : 0;
    wanted = document.value.extends;
    askedBy = at.value;
  }
}

async function find(name: string, sources: readonly TemplateSource[], from: number) {
  for (let n = from; n < sources.length; n++) {
    const read = await sources[n]!.read(name);
    if (!read.ok) return read;
    if (read.value !== null) return ok({ folder: read.value, level: sources[n]!.level, next: n + 1 });
  }
  return ok(null);
}

function compose(wish: TemplateWish, layers: readonly Layer[]): Result<ResolvedTemplate, readonly Problem[]> {
  const problems: Problem[] = [];
  const declared = Object.assign({}, ...layers.map(({ document }) => document.env ?? {}));
  const env = substituteVariables(declared, wish.variables);
  if (!env.ok) {
    const { key } = env.error;
    const layer = layers.findLast(({ document }) => Object.hasOwn(document.env ?? {}, key))!;
    return err([layer.at.problem(["env", key], placeText(env.error))]);
  }
  const lookup = (name: string) =>
    Object.hasOwn(env.value, name)
      ? env.value[name]!
      : Object.hasOwn(wish.variables, name)
      ? wish.variables[name]!
      : null;

  const mcpServers: Record<string, McpServerConfig> = {};
  const services = new Map<string, ServiceSpec>();
  const homeFiles = new Map<string, TemplateHomeFile>();
  for (const { at, document, files } of layers) {
    const fill = (value: unknown, path: readonly PropertyKey[]): unknown => {
      if (typeof value === "string") {
        const filled = substitute(value, lookup);
        if (filled.ok) return filled.value;
        problems.push(at.problem(path, placeText(filled.error)));
        return value;
      }
      if (Array.isArray(value)) return value.map((one, n) => fill(one, [...path, n]));
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, [...path, key])]));
    };
    for (const [name, server] of Object.entries(document.mcp_servers ?? {})) {
      const read = readServer(at, name, fill(server, ["mcp_servers", name]));
      if (read.ok) mcpServers[name] = read.value;
      else problems.push(...read.error);
    }
    const parsed = parseServices(fill(document.services ?? [], ["services"]));
    if (parsed.ok) { for (const service of parsed.value) services.set(service.name, service); }
    else {problems.push(...parsed.error.map(({ path, message }) =>
        at.problem(["services", ...path], message)
      ));}
    for (const [path, file] of files) {
      if (path.startsWith(HOME)) {
        homeFiles.set(path.slice(HOME.length), { path: path.slice(HOME.length), ...file });
      }
    }
  }
  const last = <K extends keyof InlineTemplate>(key: K) =>
    layers.findLast(({ document }) => document[key] !== undefined);
  const systemPrompt = textOf(last("system_prompt"), "system_prompt");
  const instructions = textOf(last("instructions"), "instructions");
  for (const text of [systemPrompt, instructions]) if (!text.ok) problems.push(text.error);
  if (problems.length > 0 || !systemPrompt.ok || !instructions.ok) return err(problems);
  return ok({
    name: wish.name,
    layers: layers.map(({ label }) => label),
    harness: last("harness")?.document.harness ?? null,
    model: last("model")?.document.model ?? null,
    systemPrompt: systemPrompt.value,
    instructions: instructions.value,
    env: env.value,
    mcpServers,
    services: [...services.values()],
    args: last("args")?.document.args ?? [],
    homeFiles: [...homeFiles.values()],
    ...verifierOf(last("verifier")?.document.verifier),
  });
}

function verifierOf(verifier: InlineTemplate["verifier"]): Pick<ResolvedTemplate, "verifier"> {
  if (verifier === undefined) return {};
  const { command, timeout, rounds, same_failure, no_progress } = verifier;
  return {
    verifier: {
      ...{ command, timeoutMs: timeout, roundsMax: rounds },
      ...{ sameFailureMax: same_failure, noProgressMax: no_progress },
    },
  };
}

function readServer(at: Located, name: string, value: unknown): Result<McpServerConfig, readonly Problem[]> {
  const read = readBy({
    file: at.file,
    value,
    problem: (path, message, isKey) => at.problem(["mcp_servers", name, ...path], message, isKey),
  }, mcpServer);
  if (!read.ok) return read;
  const { env_passthrough, trust, timeout, ...rest } = read.value;
  return ok({
    ...rest,
    ...(env_passthrough === undefined ? {} : { envPassthrough: env_passthrough }),
    ...(trust === undefined ? {} : { isTrusted: trust }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  } as McpServerConfig);
}

/** A value that names a `.md` file is that file of the template's folder, anything else is the text itself. */
function textOf(
  layer: Layer | undefined,
  key: "system_prompt" | "instructions",
): Result<string | null, Problem> {
  const value = layer?.document[key];
  if (layer === undefined || value === undefined) return ok(null);
  if (!/^[\w./-]+\.md$/.test(value)) return ok(value);
  const file = layer.files.get(value);
  if (file !== undefined) return ok(file.text);
  return err(
    layer.at.problem([key], `expected a file of the template or a text, came '${value}', which is not there`),
  );
}

function placeText(error: SubstituteError): string {
  return error.reason === "refers_to_itself"
    ? `expected a value without itself, came a circle through '${error.name}'`
    : `expected a name that starts with AF_ and is known, or one declared in env, came '${error.name}'`;
}

function noPlace(file: string, message: string): Problem {
  return { file, line: null, column: null, path: [], message };
}
