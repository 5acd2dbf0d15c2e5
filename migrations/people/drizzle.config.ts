import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/people/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/people/schema.ts",
  out: "./migrations/people",
});
