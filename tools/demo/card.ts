/** Reads a task card: JSON as the API takes it, or Markdown whose first heading is the title. */
import { resolve } from "node:path";

/** The card in `file`, or the bundled one. The control plane validates it. */
export async function readCard(file: string | undefined, bundled: string): Promise<unknown> {
  const path = file === undefined ? bundled : resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), file);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot read the card as ${path} must exist`);
  }
  if (!/\.(md|markdown)$/i.test(path)) {
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`Cannot read the card as ${path} must be JSON, or Markdown with the ending .md`);
    }
  }
  const heading = /^#\s+(.+)$/m.exec(text);
  if (heading === null) {
    throw new Error(`Cannot read the card as ${path} must have a first heading, which is its title`);
  }
  return { title: heading[1], description: text.slice(heading.index + heading[0].length).trim() };
}
