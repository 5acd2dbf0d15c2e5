/** `deno task audit verify FILE`: recomputes the audit chain of an ask from its exported log (Autonomy 19.10). */
import { Command } from "commander";
import { type AuditReport, auditReport } from "./audit/report.ts";

async function readInput(file: string): Promise<string> {
  return file === "-" ? await new Response(Deno.stdin.readable).text() : await Deno.readTextFile(file);
}

// With its type said, an error is known to end here.
const program: Command = new Command("deno task audit").description("Checks the audit chains of asks.");
program.command("verify")
  .description(
    "Recomputes a chain and names the first broken link. Exit status 0: it holds, 1: it does not, 2: not a log.",
  )
  .argument(
    "<file>",
    "what GET /v1/gates/{id}/audit answered, or its entries, one a line; - for standard input",
  )
  .option(
    "--head <hash>",
    "the newest head that the task's timeline knows, which a chain that was cut off lacks",
  )
  .action(async (file: string, options: { head?: string }) => {
    let report: AuditReport;
    try {
      report = auditReport(await readInput(file), options.head ?? null);
    } catch (cause) {
      program.error(
        `Cannot verify ${file}: ${cause instanceof Error ? cause.message : "it cannot be read"}`,
        {
          exitCode: 2,
        },
      );
    }
    console.log(report.text);
    Deno.exit(report.isWhole ? 0 : 1);
  });
await program.parseAsync(Deno.args, { from: "user" });
