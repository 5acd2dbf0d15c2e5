/**
 * Files that come with the program. `deno task build` puts the bundle and these files into folders that lie to each other as
 * they do here, so that the same paths are right in both.
 */
import { fileURLToPath } from "node:url";

/** A file for each section of the specification, and the guides for agents. */
export const SPEC_FOLDER = fileURLToPath(new URL("./spec_text", import.meta.url));
/** A folder for each template of `ail init`. */
export const TEMPLATES_FOLDER = fileURLToPath(new URL("../../examples/ail_templates", import.meta.url));
