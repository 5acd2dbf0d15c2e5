/** `People`: who the people of a project are, what they are asked, and what is sent to them. */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/people/migrations.js";
import type { Env } from "../env.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";

export class People extends DurableObject<Env> {
  readonly #clock: ObjectClock;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    ctx.blockConcurrencyWhile(() => migrate(drizzle(ctx.storage), migrations));
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  advanceClock(ms: number): void {
    this.#clock.advance(ms);
  }
}
