/**
 * The on-disk form of a line, the `.agentics/` folder (Line 2.11), turned into the body that a put wants. Pure: the
 * caller reads the files.
 *
 *   assembly-line.json   name, description, version, optional id
 *   transitions.json     [{ from, to, condition, gate? }]          optional
 *   gates.json           [{ id, name, ... }]                       optional
 *   stations/NN-name/    station.json, prompt.md, system.md; in the order of their names
 *                        command.sh is ours: the script of the `command` agent
 */
import { err, ok, type Result } from "../result.ts";

/** What is wrong with a folder, and in which file. */
export type OnDiskError =
  | { readonly reason: "file_missing"; readonly path: string }
  | { readonly reason: "not_json"; readonly path: string }
  | { readonly reason: "not_an_object"; readonly path: string };

const STATION_FILE = /^stations\/([^/]+)\/station\.json$/;

type Json = Record<string, unknown>;

/**
 * Builds the line from the files of a `.agentics/` folder, keyed by their path in it.
 *
 * @returns The body for `PUT .../assembly-lines/{id}`, not validated yet: `lineInput` does that, for every source of
 * lines alike.
 */
export function lineFromFiles(files: ReadonlyMap<string, string>): Result<Json, OnDiskError> {
  const head = readObject(files, "assembly-line.json");
  if (!head.ok) return head;
  const transitions = readJson(files, "transitions.json", []);
  if (!transitions.ok) return transitions;
  const gates = readJson(files, "gates.json", []);
  if (!gates.ok) return gates;

  const folders = [...files.keys()].flatMap((path) => STATION_FILE.exec(path)?.[1] ?? []).sort();
  if (folders.length === 0) return err({ reason: "file_missing", path: "stations/01-NAME/station.json" });
  const stations: Json[] = [];
  for (const folder of folders) {
    const station = readStation(files, `stations/${folder}`);
    if (!station.ok) return station;
    stations.push(station.value);
  }
  return ok({ ...head.value, stations, transitionRules: transitions.value, gates: gates.value });
}

function readStation(files: ReadonlyMap<string, string>, folder: string): Result<Json, OnDiskError> {
  const station = readObject(files, `${folder}/station.json`);
  if (!station.ok) return station;
  const prompt = files.get(`${folder}/prompt.md`);
  const system = files.get(`${folder}/system.md`);
  const command = files.get(`${folder}/command.sh`);
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
    },
  });
}

function readObject(files: ReadonlyMap<string, string>, path: string): Result<Json, OnDiskError> {
  const json = readJson(files, path, undefined);
  if (!json.ok) return json;
  return isObject(json.value) ? ok(json.value) : err({ reason: "not_an_object", path });
}

function readJson(
  files: ReadonlyMap<string, string>,
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
