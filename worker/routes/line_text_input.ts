/** A line that a person wrote or uploaded, as the queue takes it, or what is wrong with it and where. */
import { type LineInput, lineInput } from "../../protocol/line/line.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { invalidInput } from "../errors.ts";
import { IMPORT_FILES_MAX, JSON_DEPTH_MAX } from "../limits.ts";
import { faultAt, notJson, type TextFault } from "../pages/line_text.ts";
import { isDeeperThan } from "./input.ts";
import { filesOfTar } from "./ustar_read.ts";

/** Reads a definition in JSON. */
export function readDefinition(text: string): Result<LineInput, readonly TextFault[]> {
  const json = parseJson(text);
  if (!json.ok) return json;
  const parsed = lineInput.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  const said = invalidInput(parsed.error, "body", json.value).body.error.issues as readonly {
    message: string;
  }[];
  return err(
    parsed.error.issues.map((issue, at) => faultAt(text, issue.path, said[at]?.message ?? issue.message)),
  );
}

/** What an uploaded file holds: a definition, or the files of a folder. */
export type Upload =
  | { readonly kind: "definition"; readonly line: LineInput }
  | { readonly kind: "folder"; readonly files: Readonly<Record<string, string>> };

/** Reads an upload: a tar, the API's export in JSON, or a definition in JSON. The error is a sentence. */
export function readUpload(bytes: Uint8Array): Result<Upload, string> {
  const text = new TextDecoder().decode(bytes);
  if (!/^\s*[{[]/.test(text)) {
    const read = filesOfTar(bytes, IMPORT_FILES_MAX);
    if (read.ok) return ok({ kind: "folder", files: Object.fromEntries(read.value) });
    return err(
      read.error.reason === "not_a_tar"
        ? "Cannot import the file as it must be a tar archive or JSON"
        : `Cannot import the file as it must hold at most ${read.error.filesMax} files`,
    );
  }
  const json = parseJson(text);
  if (!json.ok) return err(sentence(json.error));
  const { files } = json.value as { files?: unknown };
  if (isFiles(files)) return ok({ kind: "folder", files });
  const line = readDefinition(text);
  // An import makes a line of its own, whatever its file says it is.
  if (!line.ok) return err(sentence(line.error));
  const { id: _, owner: _owner, project: _project, ...rest } = line.value;
  return ok({ kind: "definition", line: rest });
}

function parseJson(text: string): Result<unknown, readonly TextFault[]> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return err([notJson(text, cause instanceof SyntaxError ? cause.message : "")]);
  }
  if (!isDeeperThan(json, JSON_DEPTH_MAX)) return ok(json);
  const message = `expected at most ${JSON_DEPTH_MAX} levels of lists and objects`;
  return err([{ lineNumber: null, path: "", message, excerpt: null }]);
}

function isFiles(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string");
}

function sentence([first]: readonly TextFault[]): string {
  const place = [first?.lineNumber == null ? "" : `line ${first.lineNumber}`, first?.path ?? ""]
    .filter((part) => part !== "").join(", ");
  return `Cannot import the file: ${place === "" ? "" : `${place}: `}${first?.message ?? "it does not fit"}`;
}
