import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/human_gate/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/gate/schema.ts",
  out: "./migrations/human_gate",
});
