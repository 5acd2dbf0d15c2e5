/**
 * The on-disk form of a line, the `.agentics/` folder (Line 2.11), turned into the body that a put wants, and back. Pure:
 * the caller reads and writes the files.
 *
 *   assembly-line.json   name, description, version, optional id and devcontainerTemplate
 *   transitions.json     [{ from, to, condition, gate? }]          optional
 *   gates.json           [{ id, name, ... }]                       optional
 *   init.json            { createTask: { title, description } }    optional
 *   devcontainer/        files of the workspace's `.devcontainer/` optional
 *   specs/               files shipped to every job                optional
 *   stations/NN-name/    station.json, prompt.md, system.md; in the order of their names
 *                        command.sh is ours: the script of the `command` agent
 *                        pipeline.ail.yaml is ours: the pipeline that the station's agent follows
 */
import { err, ok, type Result } from "../result.ts";
import type { LineInput, Station } from "./line.ts";
import { readPipelineWish } from "./station_pipeline.ts";

/** What is wrong with a folder, and in which file. */
export type OnDiskError =
  | { readonly reason: "file_missing"; readonly path: string }
  | { readonly reason: "not_json"; readonly path: string }
  | { readonly reason: "not_an_object"; readonly path: string };

/** A line that was read, and what of the folder was left aside. */
export interface ImportedLine {
  /** The body for a put, not validated yet: `lineInput` does that, for every source of lines alike. */
  readonly line: Json;
  readonly warnings: readonly string[];
}

const FOLDER = ".agentics/";
const STATION_FILE = /^stations\/([^/]+)\/station\.json$/;
const USED_FILE =
  /^(assembly-line|transitions|gates|init)\.json$|^stations\/[^/]+\/(station\.json|prompt\.md|system\.md|command\.sh|pipeline\.ail\.yaml)$|^devcontainer\/|^specs\/.*\.md$/;

type Json = Record<string, unknown>;
type Files = ReadonlyMap<string, string>;

/**
 * Reads a folder for an import, which makes a line of its own: an id in the files is not taken over. Paths may begin with
 * `.agentics/`; then everything beside it is left aside.
 */
export function importLine(uploaded: Files): Result<ImportedLine, OnDiskError> {
  const files = insideFolder(uploaded);
  const read = lineFromFiles(files);
  if (!read.ok) return read;
  const { id, ...line } = read.value;
  const warnings = [...files.keys()].filter((path) => !USED_FILE.test(path)).sort()
    .map((path) => `'${path}' is not used`);
  if (id !== undefined) warnings.unshift(`The id '${id}' is not used: an import makes a new line`);
  return ok({ line, warnings });
}

/** Only what lies in `.agentics/`, if anything does, by its path there. */
function insideFolder(files: Files): Files {
  const inside = [...files].filter(([path]) => path.startsWith(FOLDER));
  return inside.length === 0
    ? files
    : new Map(inside.map(([path, text]) => [path.slice(FOLDER.length), text]));
}

/**
 * Builds the line from the files of a `.agentics/` folder, keyed by their path in it.
 *
 * @returns The body for `PUT .../assembly-lines/{id}`, not validated yet: `lineInput` does that, for every source of
 * lines alike.
 */
export function lineFromFiles(files: Files): Result<Json, OnDiskError> {
  const head = readObject(files, "assembly-line.json");
  if (!head.ok) return head;
  const transitions = readJson(files, "transitions.json", []);
  if (!transitions.ok) return transitions;
  const gates = readJson(files, "gates.json", []);
  if (!gates.ok) return gates;
  const init = readJson(files, "init.json", null);
  if (!init.ok) return init;

  const folders = [...files.keys()].flatMap((path) => STATION_FILE.exec(path)?.[1] ?? []).sort();
  if (folders.length === 0) return err({ reason: "file_missing", path: "stations/01-NAME/station.json" });
  const stations: Json[] = [];
  for (const folder of folders) {
    const station = readStation(files, `stations/${folder}`);
    if (!station.ok) return station;
    stations.push(station.value);
  }
  return ok({
    ...head.value,
    ...folderOf("devcontainerFiles", files, /^devcontainer\/(.+)$/, ".devcontainer/"),
    ...folderOf("agenticsSpecFiles", files, /^specs\/(.+\.md)$/, ".agentics/specs/"),
    ...(init.value === null ? {} : { init: init.value }),
    stations,
    transitionRules: transitions.value,
    gates: gates.value,
  });
}

/** The files of a sub-folder under the paths that they get in a workspace; nothing if there are none. */
function folderOf(field: string, files: Files, pattern: RegExp, place: string): Json {
  const found = [...files].flatMap(([path, text]) => {
    const rest = pattern.exec(path)?.[1];
    return rest === undefined ? [] : [[place + rest, text] as const];
  });
  return found.length === 0 ? {} : { [field]: Object.fromEntries(found) };
}

/**
 * Writes a line as a `.agentics/` folder: reading it again with {@link lineFromFiles} gives the same line. Paths begin
 * with `.agentics/`.
 */
export function filesOfLine(line: Omit<LineInput, "id" | "owner" | "project">): Map<string, string> {
  const { stations, transitionRules, gates, devcontainerFiles = {}, agenticsSpecFiles = {}, init, ...head } =
    line;
  const files = new Map<string, string>();
  const put = (path: string, content: unknown) =>
    files.set(FOLDER + path, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  put("assembly-line.json", head);
  put(
    "transitions.json",
    transitionRules.map(({ fromStationId, toStationId, gateId, ...rest }) => ({
      from: fromStationId,
      to: toStationId,
      ...rest,
      ...(gateId === undefined ? {} : { gate: gateId }),
    })),
  );
  put("gates.json", gates);
  if (init !== undefined) put("init.json", init);
  for (const [path, text] of Object.entries(devcontainerFiles)) {
    put(path.replace(/^\.devcontainer\//, "devcontainer/"), text);
  }
  for (const [path, text] of Object.entries(agenticsSpecFiles)) put(path.replace(/^\.agentics\//, ""), text);
  const digits = String(stations.length).length;
  stations.forEach((station, i) => {
    const number = String(i + 1).padStart(Math.max(2, digits), "0");
    writeStation(put, `stations/${number}-${station.id}`, station);
  });
  return files;
}

function writeStation(put: (path: string, content: unknown) => void, folder: string, station: Station): void {
  const { trigger, operatorConfig, ...rest } = station;
  const { promptTemplate, appendSystemPrompt, ...keptTrigger } = trigger;
  const { command, pipeline, ...otherConfig } = operatorConfig ?? {};
  // One line would be read as the name of a file: it stays where it is.
  const isText = pipeline !== undefined && readPipelineWish(pipeline).kind === "text";
  const keptConfig = { ...otherConfig, ...(pipeline === undefined || isText ? {} : { pipeline }) };
  put(`${folder}/station.json`, {
    ...rest,
    trigger: keptTrigger,
    ...(Object.keys(keptConfig).length === 0 ? {} : { operatorConfig: keptConfig }),
  });
  if (promptTemplate !== "") put(`${folder}/prompt.md`, promptTemplate);
  if (appendSystemPrompt !== "") put(`${folder}/system.md`, appendSystemPrompt);
  if (command !== undefined) put(`${folder}/command.sh`, command);
  if (isText) put(`${folder}/pipeline.ail.yaml`, pipeline);
}

function readStation(files: Files, folder: string): Result<Json, OnDiskError> {
  const station = readObject(files, `${folder}/station.json`);
  if (!station.ok) return station;
  const prompt = files.get(`${folder}/prompt.md`);
  const system = files.get(`${folder}/system.md`);
  const command = files.get(`${folder}/command.sh`);
  const pipeline = files.get(`${folder}/pipeline.ail.yaml`);
  const { trigger, operatorConfig, ...rest } = station.value;
  return ok({
    ...rest,
    trigger: {
      ...(isObject(trigger) ? trigger : {}),
      ...(prompt === undefined ? {} : { promptTemplate: prompt }),
      ...(system === undefined ? {} : { appendSystemPrompt: system }),
    },
    operatorConfig: {
      ...(isObject(operatorConfig) ? operatorConfig : {}),
      ...(command === undefined ? {} : { command }),
      // A file of one line is a pipeline, too.
      ...(pipeline === undefined ? {} : { pipeline: pipeline.includes("\n") ? pipeline : `${pipeline}\n` }),
    },
  });
}

function readObject(files: Files, path: string): Result<Json, OnDiskError> {
  const json = readJson(files, path, undefined);
  if (!json.ok) return json;
  return isObject(json.value) ? ok(json.value) : err({ reason: "not_an_object", path });
}

function readJson(
  files: Files,
  path: string,
  absent: unknown,
): Result<unknown, OnDiskError> {
  const text = files.get(path);
  if (text === undefined) return absent === undefined ? err({ reason: "file_missing", path }) : ok(absent);
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({ reason: "not_json", path });
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
