/**
 * The services of a template or a line as they are written (Runtime 1.7) -> {@link ServiceSpec}. Pure.
 *
 * Both spellings of the published documents are taken: `ready_check` and `readyCheck`, `no` and `never`.
 */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { SERVICE_READY_DEFAULT_MS, SERVICE_READY_MAX_MS, SERVICES_MAX } from "../../limits.ts";
import type { ReadyCheck, ServiceSpec } from "../../agent_ports.ts";
import { durationMs } from "./duration.ts";

/** What is wrong at one place; `path` leads there from the list of services. */
export interface ServiceIssue {
  readonly path: readonly (string | number)[];
  /** `expected ..., came ...`. */
  readonly message: string;
}

const KEYS: ReadonlySet<string> = new Set([
  "name",
  "command",
  "restart",
  "env",
  "required",
  "ready_check",
  "readyCheck",
]);
const NAME = /^[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESTARTS = new Map<unknown, ServiceSpec["restart"]>([
  ["always", "always"],
  ["on-failure", "on-failure"],
  ["never", "never"],
  ["no", "never"],
  // YAML 1.1 reads a bare `no` as this.
  [false, "never"],
]);

/** Reads a list of services; all that is wrong is told at once. */
export function parseServices(input: unknown): Result<readonly ServiceSpec[], readonly ServiceIssue[]> {
  const reader = new Reader();
  const list = reader.services(input);
  return reader.issues.length === 0 ? ok(list) : err(reader.issues);
}

class Reader {
  readonly issues: ServiceIssue[] = [];

  services(input: unknown): readonly ServiceSpec[] {
    if (!Array.isArray(input)) return this.#wrong([], "a list of services", input) ?? [];
    if (input.length > SERVICES_MAX) this.#wrong([], `at most ${SERVICES_MAX} services`, input.length);
    const list = input.map((one, n) => this.#service([n], one));
    list.forEach((one, n) => {
      if (one !== null && list.findIndex((other) => other?.name === one.name) < n) {
        this.#wrong([n, "name"], "a name that no other service has", one.name);
      }
    });
    return list.filter((one) => one !== null);
  }

  #service(path: (string | number)[], input: unknown): ServiceSpec | null {
    if (!isRecord(input)) return this.#wrong(path, "a service with 'name' and 'command'", input);
    for (const key of Object.keys(input)) {
      if (!KEYS.has(key)) this.#wrong([...path, key], `one of the keys ${[...KEYS].join(", ")}`, key);
    }
    const { name, command, env = {}, required = false } = input;
    if (typeof name !== "string" || !NAME.test(name)) {
      this.#wrong([...path, "name"], "letters a-z, digits, '-' and '_', at most 40", name);
    }
    if (!isTexts(command) || command.length === 0 || command[0] === "") {
      this.#wrong([...path, "command"], "a list of texts: the program and its arguments", command);
    }
    const restart = RESTARTS.get(input["restart"] ?? "never");
    if (restart === undefined) {
      this.#wrong([...path, "restart"], "one of always, on-failure, never", input["restart"]);
    }
    if (!isRecord(env)) this.#wrong([...path, "env"], "a map of texts", env);
    else {
      for (const [key, value] of Object.entries(env)) {
        if (!VARIABLE.test(key)) this.#wrong([...path, "env", key], "the name of a variable", key);
        if (!isText(value)) this.#wrong([...path, "env", key], "a text", value);
      }
    }
    if (typeof required !== "boolean") this.#wrong([...path, "required"], "true or false", required);
    return {
      name: String(name),
      command: isTexts(command) ? command : [],
      restart: restart ?? "never",
      env: isRecord(env) ? Object.fromEntries(Object.entries(env).map(([k, v]) => [k, String(v)])) : {},
      readyCheck: this.#readyCheck(path, input),
      isRequired: required === true,
    };
  }

  #readyCheck(path: readonly (string | number)[], service: Record<string, unknown>): ReadyCheck | null {
    const key = service["ready_check"] !== undefined ? "ready_check" : "readyCheck";
    const input = service[key];
    if (input === undefined || input === null) return null;
    const at = [...path, key];
    if (service["ready_check"] !== undefined && service["readyCheck"] !== undefined) {
      return this.#wrong([...path, "readyCheck"], "only one of ready_check and readyCheck", "both");
    }
    if (!isRecord(input)) return this.#wrong(at, "a map with 'type', 'target' and 'timeout'", input);
    for (const name of Object.keys(input)) {
      if (!["type", "target", "timeout"].includes(name)) {
        this.#wrong([...at, name], "one of the keys type, target, timeout", name);
      }
    }
    const { type, target, timeout } = input;
    const timeoutMs = timeout === undefined ? SERVICE_READY_DEFAULT_MS : durationMs(timeout);
    if (timeoutMs === null || timeoutMs < 1 || timeoutMs > SERVICE_READY_MAX_MS) {
      return this.#wrong(
        [...at, "timeout"],
        `a time such as 30s or 500ms, at most ${SERVICE_READY_MAX_MS / 60_000}m`,
        timeout,
      );
    }
    switch (type) {
      case "tcp":
        return this.#tcp([...at, "target"], target, timeoutMs);
      case "http":
        return this.#http([...at, "target"], target, timeoutMs);
      case "delay": {
        const delayMs = durationMs(target);
        if (delayMs !== null && delayMs <= SERVICE_READY_MAX_MS) return { type, delayMs };
        return this.#wrong([...at, "target"], "a time such as 2s or 500ms", target);
      }
      default:
        return this.#wrong([...at, "type"], "one of tcp, http, delay", type);
    }
  }

  #tcp(path: readonly (string | number)[], target: unknown, timeoutMs: number): ReadyCheck | null {
    const [, host, port] = /^([A-Za-z0-9.-]+):(\d{1,5})$/.exec(String(target)) ?? [];
    if (host !== undefined && isPort(Number(port))) {
      return { type: "tcp", host, port: Number(port), timeoutMs };
    }
    return this.#wrong(path, "host:port, such as localhost:5432", target);
  }

  #http(path: readonly (string | number)[], target: unknown, timeoutMs: number): ReadyCheck | null {
    const url = typeof target === "string" ? URL.parse(target) : null;
    const isPlain = url !== null && url.protocol === "http:" && url.username === "" && url.password === "" &&
      /^[A-Za-z0-9.-]+$/.test(url.hostname);
    if (isPlain && !/[\s*?[\]]/.test(url.pathname)) return { type: "http", url: url.href, timeoutMs };
    return this.#wrong(path, "an address such as http://localhost:8080/health", target);
  }

  #wrong(path: readonly (string | number)[], expected: string, came: unknown): null {
    const shown = came === undefined ? "nothing" : JSON.stringify(came).slice(0, 100);
    this.issues.push({ path: [...path], message: `expected ${expected}, came ${shown}` });
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** YAML writes numbers and booleans without quotes; as a variable or an argument they are texts. */
function isText(value: unknown): boolean {
  return (typeof value === "string" && !value.includes("\0")) || typeof value === "number" ||
    typeof value === "boolean";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && !one.includes("\0"));
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}
