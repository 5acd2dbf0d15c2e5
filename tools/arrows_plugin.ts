/** `deno lint` plugin: reports every import that the table in `arrows.ts` does not allow, types and dynamic ones too. */
import { posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { areaOf, forbidden } from "./arrows.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HINT = 'Who may import whom is in docs/architecture.md, "The arrows", and in tools/arrows.ts';

/** What a specifier means to a file: a path relative to the root, or a package without its version. */
export function resolveTarget(
  file: string,
  specifier: string,
): { readonly kind: "file"; readonly path: string } | { readonly kind: "package"; readonly name: string } {
  if (specifier.startsWith(".")) return { kind: "file", path: posix.join(posix.dirname(file), specifier) };
  return { kind: "package", name: specifier.replace(/^npm:\/?/, "").replace(/(?<=.)@[^/]+/, "") };
}

const plugin: Deno.lint.Plugin = {
  name: "arrows",
  rules: {
    "imports": {
      create(context) {
        const file = relative(ROOT, context.filename).replaceAll("\\", "/");
        if (areaOf(file) === null) return {};
        const check = (node: Deno.lint.Node, source: unknown, what: "value" | "types") => {
          if (typeof source !== "string") {
            context.report({
              node,
              message: "an import must name its target literally, so that it can be checked",
              hint: HINT,
            });
            return;
          }
          const message = forbidden(file, resolveTarget(file, source), what);
          if (message !== null) context.report({ node, message, hint: HINT });
        };
        return {
          ImportDeclaration(node) {
            const isTypes = node.importKind === "type" ||
              (node.specifiers.length > 0 &&
                node.specifiers.every((s) => s.type === "ImportSpecifier" && s.importKind === "type"));
            check(node, node.source.value, isTypes ? "types" : "value");
          },
          ExportNamedDeclaration(node) {
            if (node.source) check(node, node.source.value, node.exportKind === "type" ? "types" : "value");
          },
          ExportAllDeclaration(node) {
            check(node, node.source.value, node.exportKind === "type" ? "types" : "value");
          },
          ImportExpression(node) {
            check(node, node.source.type === "Literal" ? node.source.value : null, "value");
          },
          TSImportType(node) {
            const argument = node.argument as { literal?: { value?: unknown }; value?: unknown };
            check(node, argument.literal?.value ?? argument.value ?? null, "types");
          },
        };
      },
    },
  },
};
export default plugin;
