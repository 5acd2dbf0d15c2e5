/** The scripted model for tests: it is part of the runner, whose probe boots agent CLIs against it. */

import { parseScript, type Script } from "../../runner-agent/probe/model/script.ts";

export {
  type RecordedRequest,
  type ScriptedModel,
  startScriptedModel,
} from "../../runner-agent/probe/model/server.ts";
export type { ScriptedStep } from "../../runner-agent/probe/model/step.ts";

/** A script of `test/fake/scripts/`, by its name without `.json`. */
export async function readScript(name: string): Promise<Script> {
  return parseScript(await Deno.readTextFile(new URL(`scripts/${name}.json`, import.meta.url)));
}
