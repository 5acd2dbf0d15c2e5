/** A program for an ordinary user: puts image archives into its own store. `load_images.ts ARCHIVE...`, with SHOPFLOOR_TEST_DATA. */
import { ensurePodmanSettings } from "../../tools/setup/mod.ts";

const settings = await ensurePodmanSettings(Deno.env.get("SHOPFLOOR_TEST_DATA") ?? Deno.cwd());
for (const archive of Deno.args) {
  const { success, stderr } = await new Deno.Command(settings.podmanPath, {
    args: [...settings.globalArgs, "load", "--quiet", "--input", archive],
    env: settings.env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) continue;
  console.error(new TextDecoder().decode(stderr));
  Deno.exit(1);
}
