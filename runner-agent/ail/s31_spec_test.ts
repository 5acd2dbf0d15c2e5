import assert from "node:assert/strict";
import { withAilFolder } from "../../test/fake/ail_command.ts";
import { compactText } from "../pipeline/spec.ts";
import { readSections } from "./spec_files.ts";

Deno.test("every section has a title and a text, and every whole example in it is a pipeline", async () => {
  const sections = await readSections();
  assert.equal(sections.length, 42);
  await withAilFolder(async ({ ail, write }) => {
    let examples = 0;
    for (const { id, text } of sections) {
      assert.match(text, /^# \S.*\n\n\S/, id);
      for (const [, example] of text.matchAll(/```yaml\n(version:[\s\S]*?)```/g)) {
        examples++;
        await write("example.yaml", example!);
        const valid = await ail(["validate", "--pipeline", "example.yaml"]);
        assert.equal(valid.code, 0, `${id}: ${valid.err}`);
        assert.equal(valid.err, "", id);
      }
    }
    assert.ok(examples >= 3);
  });
});

Deno.test("the compact text leaves out sections for tools, and what is marked", () => {
  const text = "# T\n\nkept\n\n<!-- compact:skip -->\ngone\n<!-- /compact:skip -->\n\nkept too\n";
  assert.equal(compactText([{ id: "s05", text }, { id: "s24", text }]), "# T\n\nkept\n\nkept too\n");
});

Deno.test("sections are joined by an empty line, in the order in which they are asked for", async () => {
  await withAilFolder(async ({ ail }) => {
    const { out } = await ail(["spec", "--section", "s12, s02"]);
    assert.match(out, /^# Conditions\n[\s\S]*\n\n# Vocabulary\n[\s\S]*[^\n]\n$/);
    assert.equal(JSON.parse((await ail(["spec", "--format", "schema"])).out).type, "object");
    assert.doesNotMatch((await ail(["spec", "--runner"])).out, /^# Conditions/m);
    assert.doesNotMatch((await ail(["spec", "--core"])).out, /^# Plugin protocol/m);
  });
});
