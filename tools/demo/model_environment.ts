/** What the demo's runners are told of the model of their agent. Pure. */
import { harnessByName } from "../../runner-agent/harness/mod.ts";
import type { HarnessName } from "../../runner-agent/ports.ts";

/** What a model that takes any key is given. */
const ANY_KEY = "any-key";

/**
 * The key and the address of the model, by the variables of its provider.
 *
 * @param modelUrl Replaces the provider's address; with it a key is not needed.
 * @throws Error before anything is started, if the key or a sound address is missing.
 */
export function modelEnvironment(
  harness: HarnessName,
  modelUrl: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { provider } = harnessByName(harness);
  if (provider === null) {
    if (modelUrl === undefined) return {};
    throw new Error(`Cannot use --model-url as the agent must have a model: current value is ${harness}`);
  }
  if (modelUrl !== undefined && !/^https?:$/.test(URL.parse(modelUrl)?.protocol ?? "")) {
    throw new Error(
      `Cannot use --model-url as it must be an http or https address: current value is '${modelUrl}'`,
    );
  }
  const key = env[provider.keyVariable] || (modelUrl === undefined ? "" : ANY_KEY);
  if (key === "") {
    throw new Error(
      `Cannot run ${harness} as ${provider.keyVariable} must hold its model's key: current value is unset`,
    );
  }
  const base = modelUrl ?? env[provider.baseUrlVariable];
  return { [provider.keyVariable]: key, ...(base === undefined ? {} : { [provider.baseUrlVariable]: base }) };
}
