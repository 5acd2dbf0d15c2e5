import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/library/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/library/schema.ts",
  out: "./migrations/library",
});
