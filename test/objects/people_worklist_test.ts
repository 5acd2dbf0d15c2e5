/** The worklist and the versions of documents in a real `People` in workerd. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  NO_DOCUMENTS,
  type PeopleDocuments,
  type PersonDocument,
} from "../../worker/domain/people/documents.ts";
import type { WorklistItem } from "../../worker/domain/people_api.ts";
import { WORKLIST_ENDED_KEPT_MS } from "../../worker/limits.ts";
import { eventOf, itemOf, projectOf } from "../fake/people_asks.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";

const person = (name: string, channels: PersonDocument["channels"] = []): PersonDocument => ({
  name,
  roles: [],
  groups: ["owners"],
  identities: [],
  channels,
});
Deno.test({
  name: "the worklist and the documents of a project in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const harness = await startPeopleHarness();

    await t.step(
      "the worklist has every ask once, in order, over pages of any size, and the newest snapshot of each",
      async () => {
        const { people } = await projectOf(harness, {});
        const asks = fc.sample(fc.record({ nextDeadlineMs: fc.option(fc.nat(5)), openedAtMs: fc.nat(5) }), {
          numRuns: 40,
          seed: 7,
        });
        for (const [i, ask] of asks.entries()) {
          const askId = `a${String(i).padStart(2, "0")}`;
          await people.record(eventOf(itemOf(askId, { ...ask, seq: 3, title: "new" }), { seq: 3 }));
          await people.record(eventOf(itemOf(askId, { ...ask, seq: 2, title: "old" }), { seq: 2 }));
        }
        const read = async (limit: number) => {
          const items: WorklistItem[] = [];
          let cursor: string | undefined;
          for (;;) {
            const page = await people.worklist({
              principal: null,
              groups: [],
              limit,
              ...(cursor === undefined ? {} : { cursor }),
            });
            assert.ok(page.ok);
            items.push(...page.value.items);
            if (page.value.nextCursor === null) return items;
            cursor = page.value.nextCursor;
          }
        };
        const whole = await read(200);
        assert.equal(whole.length, 40);
        assert.ok(whole.every(({ title }) => title === "new"));
        const due = ({ nextDeadlineMs }: WorklistItem) => nextDeadlineMs ?? Infinity;
        for (const [i, next] of whole.slice(1).entries()) {
          const before = whole[i]!;
          assert.ok(
            due(before) < due(next) || (due(before) === due(next) && before.openedAtMs <= next.openedAtMs),
          );
        }
        assert.deepEqual(await read(7), whole);
        const bad = await people.worklist({ principal: null, groups: [], cursor: "x" });
        assert.ok(!bad.ok && bad.error.reason === "cursor_unreadable");
      },
    );

    await t.step(
      "an ask that is over leaves the list at once, and its state's list after some days",
      async () => {
        const { people } = await projectOf(harness, {});
        const states = async (state?: string) => {
          const page = await people.worklist({
            principal: null,
            groups: [],
            ...(state === undefined ? {} : { state }),
          });
          return page.ok ? page.value.items.map(({ askId }) => askId) : page.error;
        };
        await people.record(eventOf(itemOf("ask6")));
        assert.deepEqual(await states(), ["ask6"]);
        await people.record(eventOf(itemOf("ask6", { state: "cancelled", seq: 2 }), { type: "cancelled" }));
        assert.deepEqual([await states(), await states("cancelled"), await states("verified")], [
          [],
          ["ask6"],
          [],
        ]);
        await people.advanceClock(WORKLIST_ENDED_KEPT_MS + 60_000);
        assert.deepEqual(await states("cancelled"), []);
        await people.record(eventOf(itemOf("ask7")));
        assert.deepEqual(await states(), ["ask7"]);
      },
    );

    await t.step("an object from before has the tables of a new one, with all that it held", async () => {
      const { name, people } = await projectOf(harness);
      await people.record(eventOf(itemOf("ask8"), { notify: [{ principal: "user:eve", why: "test" }] }));
      await people.record(eventOf(itemOf("ask9", { state: "cancelled", seq: 2 }), { type: "cancelled" }));
      const shape = () => harness.rows(name, "SELECT type, name, sql FROM sqlite_master ORDER BY name");
      const rows = () =>
        Promise.all(
          ["messages", "worklist", "deliveries"].map((table) =>
            harness.rows(
              name,
              `SELECT * ${table === "deliveries" ? ", 0 AS report_at_ms" : ""} FROM ${table}`,
            )
          ),
        );
      const [before, held] = [await shape(), await rows()];
      const created = await Deno.readTextFile(
        new URL("../../migrations/people/0000_create_people.sql", import.meta.url),
      );
      for (const table of ["deliveries", "messages", "worklist"]) {
        await harness.rows(name, `CREATE TABLE held AS SELECT * FROM ${table}`);
        await harness.rows(name, `DROP TABLE ${table}`);
        for (const statement of created.split("--> statement-breakpoint")) {
          const isOfTable = statement.includes(`TABLE \`${table}\``) || statement.includes(`ON \`${table}\``);
          if (isOfTable) await harness.rows(name, statement);
        }
        await harness.rows(name, `INSERT INTO ${table} SELECT * FROM held`);
        await harness.rows(name, "DROP TABLE held");
      }
      await harness.rows(
        name,
        "DELETE FROM __drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM __drizzle_migrations)",
      );
      assert.notDeepEqual(await shape(), before);
      await harness.evict(name);
      assert.deepEqual(await shape(), before);
      assert.deepEqual(await rows(), held);
      assert.equal(held[2]!.length, 1);
    });

    await t.step(
      "documents are kept by version, and one that expects another version changes nothing",
      async () => {
        const { people } = await projectOf(harness, { people: [person("ada")] });
        const put = (documents: PeopleDocuments, expectedVersion?: number) =>
          people.putDocuments({
            documents,
            by: "user:eve",
            ...(expectedVersion === undefined ? {} : { expectedVersion }),
          });
        assert.deepEqual(await put(NO_DOCUMENTS, 0), {
          ok: false,
          error: { reason: "version_conflict", version: 1 },
        });
        assert.deepEqual(await put(NO_DOCUMENTS, 1), { ok: true, value: { version: 2 } });
        assert.equal((await people.documents()).documents.people.length, 0);
        const first = await people.documentVersion(1);
        assert.ok(
          first.ok && first.value.documents.people[0]!.name === "ada" && first.value.by === "user:admin",
        );
        assert.deepEqual((await people.documentVersions()).map(({ version, by }) => [version, by]), [[
          2,
          "user:eve",
        ], [1, "user:admin"]]);
        const bad = await put({
          ...NO_DOCUMENTS,
          people: [person("ada", [{ kind: "webhook", address: "https://10.0.0.1/" }])],
        });
        assert.ok(!bad.ok && bad.error.reason === "documents_invalid");
        assert.deepEqual(bad.error.issues.map(({ path }) => path), ["people.0.channels.0.address"]);
      },
    );

    await harness.close();
  },
});
