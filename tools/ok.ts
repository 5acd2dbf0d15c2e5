/** `deno task ok`: everything that a reviewer would run, in the order in which it fails fastest. */
import { Command } from "commander";
import { repositoryPath } from "./local/paths.ts";

const STEPS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint, arrows and purity", args: ["lint"] },
  { name: "file sizes and forbidden calls", args: ["task", "tidy"] },
  { name: "types", args: ["task", "check"] },
  { name: "tests", args: ["task", "test"] },
];

new Command("deno task ok")
  .description(
    `Runs, and stops at the first that fails:\n${
      STEPS.map(({ name, args }) => `  deno ${args.join(" ").padEnd(12)}  ${name}`).join("\n")
    }`,
  )
  .parse(Deno.args, { from: "user" });

for (const { name, args } of STEPS) {
  console.log(`-- ${name}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: repositoryPath("."),
    stdin: "null",
  }).spawn().status;
  if (code === 0) continue;
  console.error(`Cannot go on as '${name}' must pass: repeat it with 'deno ${args.join(" ")}'`);
  Deno.exit(code);
}
