/** Line 7 rule 8: lines that are refused when they are put. */
import { holds } from "../check.ts";
import { answerText, isOk } from "../wire.ts";
import { rule, type ServerCheck } from "./bench.ts";
import { pick } from "./rule_steps.ts";

/** A line that must be refused when it is defined. */
const refused = (id: string, what: string, change: Readonly<Record<string, unknown>>) =>
  pick(`refused.${id}`, "rule 8", `a line with ${what} is refused when it is put`, async (bench) => {
    const stations = ["a", "b"].map((name) => ({ id: name, name, trigger: { type: "dispatch_worker" } }));
    const good = await bench.tryPutLine({ stations });
    holds(isOk(good), "the line without it to be taken", answerText(good));
    const answer = await bench.tryPutLine({ stations, ...change });
    holds(answer.status === 400 || answer.status === 422, "400 or 422", answerText(answer));
  });

export const REFUSAL_CHECKS: readonly ServerCheck[] = [
  refused("to", "a rule to an unknown station", { transitionRules: [rule("a", "success", "nowhere")] }),
  refused("from", "a rule from an unknown station", { transitionRules: [rule("nowhere", "success", "a")] }),
  refused("gate", "a rule with an unknown gate", { transitionRules: [rule("a", "success", "b", "nowhere")] }),
  refused("duplicate", "two rules of one station and condition", {
    transitionRules: [rule("a", "success", "b"), { ...rule("a", "success", "a") as object, id: "other" }],
  }),
  refused("condition", "an unknown condition", { transitionRules: [rule("a", "agentic", "b")] }),
  refused("object_condition", "a condition that is no word", {
    transitionRules: [{
      id: "r",
      fromStationId: "a",
      toStationId: "b",
      condition: { kind: "typed", when: "x" },
    }],
  }),
  refused("stations", "two stations of one id", {
    stations: [{ id: "a", name: "A" }, { id: "a", name: "B" }],
  }),
  refused("trigger", "an unknown trigger type", {
    stations: [{ id: "a", name: "A", trigger: { type: "webhook" } }],
  }),
];
