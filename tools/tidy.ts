/** `deno task tidy`: sizes, names, left-overs, forbidden calls, paths in the map, migrations. Fails with file:line. */
import { Command } from "commander";
import { fileURLToPath } from "node:url";
import { assignFiles, isTestFile } from "./test_suites.ts";
import { type Finding, inspect, inspectMigrations, inspectPaths } from "./tidy_rules.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Not ours to keep tidy: demo projects are untidy on purpose, lock files and recordings are made by programs. */
const SKIPPED =
  /^(examples\/projects\/|migrations\/.*\/meta\/|deno\.lock$|.*\/__snapshots__\/|tools\/(tidy_rules|tidy_rules_test|lint_plugins_test)\.ts$)/;
const CHECKED_DOCS = ["docs/architecture.md"];

new Command("deno task tidy")
  .description(
    "Checks file sizes, names, left-overs, forbidden calls, the paths in the map, and that migrations only go forward.",
  )
  .parse(Deno.args, { from: "user" });

const files = (await git("ls-files", "-co", "--exclude-standard")).split("\n").filter((file) => file !== "");
const release = (await git("tag", "--list", "v*", "--sort=-version:refname")).split("\n")[0] ?? "";
const changedSinceRelease = new Set(
  release === ""
    ? []
    : (await git("diff", "--name-only", "--diff-filter=MD", release, "--", "migrations")).split("\n"),
);

const findings: Finding[] = [];
for (const file of files) {
  if (SKIPPED.test(file)) continue;
  const text = await readText(file);
  if (text === null) continue;
  findings.push(...inspect(file, text));
  if (CHECKED_DOCS.includes(file)) findings.push(...inspectPaths(file, text, exists));
}
for (
  const folder of new Set(
    files.filter((file) => /^migrations\/[^/]+\//.test(file)).map((file) =>
      file.split("/").slice(0, 2).join("/")
    ),
  )
) {
  const names = files.filter((file) => file.startsWith(`${folder}/`)).map((file) =>
    file.slice(folder.length + 1)
  );
  findings.push(...inspectMigrations(folder, names, (file) => changedSinceRelease.has(file)));
}
for (const problem of assignFiles(files.filter(isTestFile)).problems) {
  const [file = "", message = ""] = problem.split(/: (.*)/s);
  findings.push({ file, line: 1, message });
}
for (const { file, line, message } of findings) console.error(`${file}:${line}: ${message}`);
console.log(`tidy: ${files.length} files, ${findings.length} findings`);
if (findings.length > 0) Deno.exit(1);

async function git(...args: string[]): Promise<string> {
  const output = await new Deno.Command("git", { args, cwd: ROOT, stdin: "null", stderr: "inherit" })
    .output();
  if (!output.success) {
    throw new Error(`Cannot check as 'git ${args[0]}' must work: its exit code is ${output.code}`);
  }
  return new TextDecoder().decode(output.stdout).trim();
}

/** Null for a file that is deleted in the working tree, and for a link. */
async function readText(file: string): Promise<string | null> {
  const info = await Deno.lstat(ROOT + file).catch(() => null);
  return info?.isFile ? await Deno.readTextFile(ROOT + file) : null;
}

/** The map may leave out the first folder, as in `domain/task.ts`. */
function exists(path: string): boolean {
  const wanted = `/${path.replace(/\/$/, "")}`;
  return files.some((file) => `/${file}`.endsWith(wanted) || `/${file}`.includes(`${wanted}/`));
}
