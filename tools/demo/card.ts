/** Reads a task card: JSON as the API takes it, or Markdown whose first heading is the title. */
import { resolve } from "node:path";
import { readCardText } from "../../protocol/line/card_text.ts";

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
  const card = readCardText(text);
  if (!card.ok) throw new Error(`Cannot read the card as ${path} must have ${card.error.expected}`);
  return card.value;
}
