/**
 * `deno task test`: runs the suites one after the other (of some, files at the same time), shows what each took, and ends with
 * the plain line `N passed, N failed`, counted from the reports that `deno test` writes.
 *
 * Fails when a test fails, when a suite ran no test, or when a test file is in no suite or in several. A file that failed is
 * run once more, alone, if they are few (ADR 0061): one that passes then is named as unstable, before the last line.
 */
import { Command } from "commander";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inLanes, longestFirst } from "./test_lanes.ts";
import {
  assignFiles,
  countCases,
  type Counts,
  failedFiles,
  isTestFile,
  type Suite,
  SUITES,
} from "./test_suites.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Of one suite: more than that is no accident. */
const REPEATED_FILES_MAX = 3;

interface SuiteResult extends Counts {
  readonly name: string;
  readonly files: number;
  readonly seconds: number;
  readonly isGood: boolean;
}

const program = new Command("deno task test")
  .description(
    "Runs every test and counts.\n\nSuites:\n" +
      SUITES.map((s) => `  ${s.name.padEnd(9)} ${s.what}`).join("\n"),
  )
  .option("--suite <name...>", "only these suites")
  .option("--filter <text>", "only tests whose name contains TEXT (or matches /TEXT/)")
  .parse(Deno.args, { from: "user" });
const options = program.opts<{ suite?: string[]; filter?: string }>();
const unknown = (options.suite ?? []).filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  program.error(
    `Cannot run suite '${unknown.join("', '")}': expected one of ${SUITES.map((s) => s.name).join(", ")}`,
  );
}

const { bySuite, problems } = assignFiles(await testFiles());
for (const problem of problems) console.error(problem);
const reports = await Deno.makeTempDir({ prefix: "shopfloor_junit_" });
const bundles = await Deno.makeTempDir({ prefix: "shopfloor_bundles_" });
const results: SuiteResult[] = [];
/** Files that failed, and passed when they were run alone. */
const unstable: string[] = [];
for (const suite of SUITES) {
  if (options.suite !== undefined && !options.suite.includes(suite.name)) continue;
  results.push(await runSuite(suite, bySuite.get(suite.name) ?? []));
}
await Deno.remove(reports, { recursive: true });
await Deno.remove(bundles, { recursive: true });

const sum = (key: "passed" | "failed" | "skipped") =>
  results.reduce((total, result) => total + result[key], 0);
console.log("\nsuite      files  passed  failed  skipped  seconds");
for (const r of results) {
  console.log(
    `${r.name.padEnd(9)} ${cell(r.files, 6)} ${cell(r.passed, 7)} ${cell(r.failed, 7)} ${
      cell(r.skipped, 8)
    } ${cell(r.seconds.toFixed(1), 8)}${
      r.isGood ? "" : r.passed + r.failed === 0 ? "  no test ran" : "  FAILED"
    }`,
  );
}
for (const problem of problems) console.error(problem);
if (unstable.length > 0) console.log("\nunstable: failed once, and passed when run again alone");
for (const file of unstable) console.log(`  ${file}`);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
if (problems.length > 0 || results.some((result) => !result.isGood)) Deno.exit(1);

async function runSuite(suite: Suite, files: readonly string[]): Promise<SuiteResult> {
  console.log(`\n== ${suite.name}: ${suite.what} (${files.length} files)`);
  const none = { name: suite.name, files: files.length, passed: 0, failed: 0, skipped: 0, seconds: 0 };
  // With no file, `deno test` would run every test that it finds.
  if (files.length === 0) return { ...none, isGood: options.filter !== undefined };
  const startedMs = performance.now();
  const counted = suite.lanes === undefined
    ? [await runFiles(suite, files, `${suite.name}.xml`)]
    : await inLanes(
      longestFirst(files, suite.lanes.slowFirst),
      suite.lanes.atOnce,
      (file) => runFiles(suite, [file], `${file.replaceAll("/", "_")}.xml`, file),
    );
  const total = (key: keyof Counts) => counted.reduce((all, one) => all + one[key], 0);
  const [passed, failed, skipped] = [total("passed"), total("failed"), total("skipped")];
  return {
    ...none,
    ...{ passed, failed, skipped },
    seconds: (performance.now() - startedMs) / 1000,
    isGood: failed === 0 && (passed > 0 || options.filter !== undefined),
  };
}

/** @param heading Of output that is shown when all of it is there, as others run beside; else it is shown as it comes. */
async function runFiles(
  suite: Suite,
  files: readonly string[],
  reportName: string,
  heading?: string,
): Promise<Counts> {
  const counts = await runOnce(suite, files, reportName, heading);
  if (counts.failed === 0) return counts;
  const failed = failedFiles(await readReport(reportName));
  // A suite that broke off says nothing of its cases.
  const isFew = failed.length > 0 && failed.length <= REPEATED_FILES_MAX;
  if (!isFew || counts.failed !== countCases(await readReport(reportName)).failed) return counts;
  console.log(`\n-- again, alone: ${failed.join(", ")}`);
  const { parallel: _, ...alone } = suite;
  const again = await runOnce(alone, failed, `again_${reportName}`);
  if (again.failed > 0) return counts;
  unstable.push(...failed);
  return { ...counts, passed: counts.passed + counts.failed, failed: 0 };
}

async function runOnce(
  suite: Suite,
  files: readonly string[],
  reportName: string,
  heading?: string,
): Promise<Counts> {
  const report = join(reports, reportName);
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-prompt",
      // Types are checked by `deno task check`, once for all.
      "--no-check",
      `--junit-path=${report}`,
      "--preload=tools/seed_preload.ts",
      ...(suite.args ?? []),
      ...(suite.parallel === undefined ? [] : ["--parallel"]),
      ...(options.filter === undefined ? [] : ["--filter", options.filter, "--permit-no-files"]),
      ...longestFirst(files, suite.parallel?.slowFirst ?? []),
    ],
    cwd: ROOT,
    // Nothing is asked of, or told to, Cloudflare by a test.
    env: {
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      SHOPFLOOR_TEST_BUNDLES: bundles,
      // The same on every machine, whatever it has: a suite behaves alike.
      DENO_JOBS: "2",
    },
    stdin: "null",
    ...(heading === undefined ? {} : { stdout: "piped", stderr: "piped" }),
  });
  const startedMs = performance.now();
  let isGood: boolean;
  if (heading === undefined) isGood = (await command.spawn().status).success;
  else {
    const { success, stdout, stderr } = await command.output();
    isGood = success;
    const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`\n-- ${heading} (${seconds} s)\n${out}${errors === "" ? "" : `\n${errors}`}`);
  }
  const counts = countCases(await readReport(reportName));
  // A file that could not even be loaded fails the run without a case of its own.
  return isGood ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}

async function readReport(reportName: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(reports, reportName));
  } catch (error) {
    // The run ended before it could write one; its exit code says that it failed.
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Every test file that git knows or would know. */
async function testFiles(): Promise<readonly string[]> {
  const output = await new Deno.Command("git", {
    args: ["ls-files", "-co", "--exclude-standard", "--", "*_test.ts", "*_test.tsx"],
    cwd: ROOT,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!output.success) throw new Error("Cannot list the tests as 'git ls-files' must work in this folder");
  const files = new TextDecoder().decode(output.stdout).split("\n").filter(isTestFile);
  const present = await Promise.all(
    files.map((file) => Deno.lstat(join(ROOT, file)).then((info) => info.isFile, () => false)),
  );
  return files.filter((_, index) => present[index]);
}

function cell(value: number | string, width: number): string {
  return String(value).padStart(width);
}
