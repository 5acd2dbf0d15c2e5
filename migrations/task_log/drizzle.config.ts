import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/task_log/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/log/schema.ts",
  out: "./migrations/task_log",
});
