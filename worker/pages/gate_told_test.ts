/// <reference lib="deno.ns" />
/** Who knows of an ask, as its record says. */
import assert from "node:assert/strict";
import type { AuditEntry } from "../domain/human_gate_api.ts";
import { knowersOf } from "./gate_told.ts";

const entry = (type: string, seconds: number, rest: Partial<AuditEntry> = {}): AuditEntry => ({
  seq: 1,
  type,
  at: new Date(seconds * 1_000).toISOString(),
  gate: "g1",
  by: "system",
  prev: "",
  hash: `${type}${seconds}`,
  ...rest,
});

Deno.test("who was told, how, who looked and who has it, each person once", () => {
  const notify = [{ principal: "user:ada", why: "on call" }, { principal: "user:bob", why: "level 1" }];
  const knowers = knowersOf([
    entry("gate.opened", 1),
    entry("gate.notified", 2, { detail: { notify, targets: ["schedule:x"] } }),
    entry("gate.delivery", 3, { channel: "mail", detail: { target: "user:ada", result: "sent" } }),
    entry("gate.delivery", 4, { channel: "mail", detail: { target: "user:ada", result: "sent" } }),
    entry("gate.delivery", 4, { channel: "slack", detail: { target: "user:bob", result: "failed" } }),
    entry("gate.delivery", 4, { channel: "none", detail: { target: "user:bob", result: "off" } }),
    entry("gate.viewed", 5, { by: "user:ada" }),
    entry("gate.viewed", 6, { by: "user:ada" }),
    entry("gate.acked", 7, { by: "user:ada" }),
    entry("gate.viewed", 8, { by: "user:eve" }),
    entry("gate.notified", 9, { detail: { notify: "nonsense" } }),
  ]);
  assert.deepEqual(knowers, [
    {
      principal: "user:ada",
      toldAtMs: 2_000,
      why: "on call",
      deliveries: ["mail: sent"],
      seenAtMs: 6_000,
      ackedAtMs: 7_000,
    },
    {
      principal: "user:bob",
      toldAtMs: 2_000,
      why: "level 1",
      deliveries: ["slack: failed", "no channel is set up"],
      seenAtMs: null,
      ackedAtMs: null,
    },
    { principal: "user:eve", toldAtMs: null, why: "", deliveries: [], seenAtMs: 8_000, ackedAtMs: null },
  ]);
});
