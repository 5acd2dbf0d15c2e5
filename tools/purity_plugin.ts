/**
 * `deno lint` plugin: in the pure set there is no clock, randomness, I/O, timer, environment or `async`. What it cannot
 * see (an alias, a package) is caught at run time by `purity_preload.ts`.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isTestFile } from "./arrows.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HINT =
  "Make it an argument (nowMs, random bytes, a value that was read) or an effect that a shell carries out";

/** The folders whose code only decides. */
export const PURE_FOLDERS = [
  "protocol/",
  "worker/domain/",
  "worker/git/",
  "runner-agent/domain/",
  "runner-agent/pipeline/",
];

/** Globals that reach the world, whatever is done with them. */
const WORLD = new Set([
  "Deno",
  "console",
  "process",
  "globalThis",
  "crypto",
  "performance",
  "fetch",
  "caches",
  "navigator",
  "localStorage",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "WebSocket",
  "EventSource",
  "Worker",
]);
/** One property of a global that is otherwise harmless. */
const WORLDLY_MEMBERS: Readonly<Record<string, string>> = { Date: "now", Math: "random" };

/** Is the file one whose code must be pure? `file` is relative to the root. */
export function isPure(file: string): boolean {
  return PURE_FOLDERS.some((folder) => file.startsWith(folder)) && !isTestFile(file);
}

const plugin: Deno.lint.Plugin = {
  name: "purity",
  rules: {
    "no-effects": {
      create(context) {
        const file = relative(ROOT, context.filename).replaceAll("\\", "/");
        if (!isPure(file)) return {};
        const report = (node: Deno.lint.Node, what: string) =>
          context.report({ node, message: `${what} has no place in the pure set`, hint: HINT });
        const worldly = (node: Deno.lint.Node) => node.type === "Identifier" && WORLD.has(node.name);
        const asynchronous = (node: Deno.lint.Node & { async: boolean }) => {
          if (node.async) report(node, "an async function");
        };
        return {
          FunctionDeclaration: asynchronous,
          FunctionExpression: asynchronous,
          ArrowFunctionExpression: asynchronous,
          AwaitExpression: (node) => report(node, "await"),
          ForOfStatement(node) {
            if (node.await) report(node, "for await");
          },
          CallExpression(node) {
            if (worldly(node.callee)) report(node, name(node.callee));
            if (name(node.callee) === "Date") report(node, "Date()");
          },
          NewExpression(node) {
            if (worldly(node.callee)) report(node, name(node.callee));
            if (name(node.callee) === "Date" && node.arguments.length === 0) report(node, "new Date()");
            if (name(node.callee) === "Promise") report(node, "a promise");
          },
          MemberExpression(node) {
            const object = name(node.object);
            if (worldly(node.object)) report(node, object);
            else if (
              Object.hasOwn(WORLDLY_MEMBERS, object) && WORLDLY_MEMBERS[object] === name(node.property)
            ) {
              report(node, `${object}.${name(node.property)}`);
            }
          },
          VariableDeclarator(node) {
            const init = node.init;
            if (init === null || init === undefined || init.type !== "Identifier") return;
            if (WORLD.has(init.name) || Object.hasOwn(WORLDLY_MEMBERS, init.name)) {
              report(node, `an alias of ${init.name}`);
            }
          },
        };
      },
    },
  },
};
export default plugin;

function name(node: Deno.lint.Node): string {
  return node.type === "Identifier" ? node.name : "";
}
