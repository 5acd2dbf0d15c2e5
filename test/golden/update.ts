/** `deno run -A test/golden/update.ts [NAME…]`: writes the traces anew; read the difference before it is committed. */
import { findParts, readCase, runCase } from "./golden_cases.ts";

const wanted = Deno.args;
for (const [name, parts] of findParts()) {
  if (wanted.length > 0 && !wanted.some((one) => name.includes(one))) continue;
  if (!parts.includes(".ail.yaml") || !parts.includes(".world.yaml")) {
    throw new Error(
      `Cannot write the trace of ${name} as it needs an .ail.yaml and a .world.yaml: it has ${parts}`,
    );
  }
  const golden = await readCase(name);
  const trace = runCase(golden);
  const before = await Deno.readTextFile(golden.tracePath).catch(() => "");
  if (trace === before) continue;
  await Deno.writeTextFile(golden.tracePath, trace);
  console.log(`wrote traces/${name}.ndjson`);
}
