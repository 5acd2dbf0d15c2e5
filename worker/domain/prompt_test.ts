/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { renderPrompt } from "./prompt.ts";

const render = (template: string, title = "T", description = "D") =>
  renderPrompt(template, { title, description });

Deno.test("a prompt gets the card's title and description wherever they are named", () => {
  assert.equal(render("{{task.title}}: {{task.description}} ({{task.title}})"), "T: D (T)");
  assert.equal(render(""), "");
});

Deno.test("an empty description leaves nothing behind", () => {
  assert.equal(render("[{{task.description}}]", "T", ""), "[]");
});

Deno.test("unknown variables and broken braces stay as they are (A23)", () => {
  for (
    const text of ["{{task.id}}", "{{title}}", "{task.title}", "{{task.title}", "{{Task.Title}}", "{{}}"]
  ) {
    assert.equal(render(text), text);
  }
});

Deno.test("values are never expanded again, whatever they hold (A23)", () => {
  assert.equal(render("{{task.title}}", "{{task.description}}"), "{{task.description}}");
  assert.equal(render("{{task.title}}", "$& $1 $$ $`"), "$& $1 $$ $`");
  assert.equal(render("{{task.title}}{{task.description}}", "{{task.", "title}}"), "{{task.title}}");
});

Deno.test("a prompt is what splitting at the variables and joining with the values gives", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("{{task.title}}", "{{task.description}}", "$&", "{{x}}"),
  );
  fc.assert(
    fc.property(
      piece,
      piece,
      fc.array(fc.string().filter((s) => !/[{}]/.test(s))),
      (title, description, texts) => {
        assert.equal(render(texts.join("{{task.title}}"), title, description), texts.join(title));
        assert.equal(render(texts.join("{{task.description}}"), title, description), texts.join(description));
      },
    ),
  );
});
