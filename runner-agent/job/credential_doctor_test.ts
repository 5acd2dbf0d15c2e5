import assert from "node:assert/strict";
import { systemClock } from "./system_clock.ts";
import { credentialDoctor } from "./credential_doctor.ts";
import { openCredentials } from "./wiring.ts";

Deno.test("the doctor mints a token of each credential by its real command, and shows none", async () => {
  const credential = (name: string, command: string) =>
    ({ name, address: "https://git.example/team", command, scheme: "basic", from: "s.yaml:1" }) as const;
  const settings = [
    credential("good", 'echo "token-$OF"'),
    credential("ends", "echo token-0; exit 3"),
    credential("says", "echo two words"),
    credential("none", "true"),
  ];
  const lines = await credentialDoctor(
    settings,
    openCredentials(settings, { PATH: Deno.env.get("PATH"), OF: "1" }, systemClock),
  );
  assert.deepEqual(lines.map(({ check, isOk }) => [check, isOk]), [
    ["credential good", true],
    ["credential ends", false],
    ["credential says", false],
    ["credential none", false],
  ]);
  assert.match(
    lines[1]!.detail,
    /the command of the credential 'ends' as it must end with 0: it ended with 3/,
  );
  assert.doesNotMatch(JSON.stringify(lines), /token-|two words/);
});
