/** A container runtime that notes when each of its calls began and ended. */
import type { ContainerRuntime } from "../../runner-agent/ports.ts";

/** One call. Times are of this machine's clock, in milliseconds. */
export interface Span {
  /** The method; of `exec` the program and what it is told first that is no option: `exec tmux paste-buffer`. */
  readonly name: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** `runtime`, whose calls are added to `spans` as they end. */
export function timedRuntime<R extends ContainerRuntime>(runtime: R, spans: Span[]): R {
  return new Proxy(runtime, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => {
        const beganMs = nowMs();
        const answer = Reflect.apply(value, target, args);
        if (!(answer instanceof Promise)) return answer;
        return answer.finally(() =>
          spans.push({ name: spanName(String(key), args), beganMs, endedMs: nowMs() })
        );
      };
    },
  });
}

/** As precise as this process can tell, on the scale of `Date.now()`. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function spanName(method: string, args: readonly unknown[]): string {
  if (method !== "exec") return method;
  const { argv } = args[1] as { readonly argv: readonly string[] };
  const program = argv[0]!.slice(argv[0]!.lastIndexOf("/") + 1);
  const act = program === "tmux" ? argv[3] : argv.find((one) => one === "self_test" || one === "--finish");
  return ["exec", program, ...(act === undefined ? [] : [act])].join(" ");
}
