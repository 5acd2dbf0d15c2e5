import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/task_repository/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/repository/schema.ts",
  out: "./migrations/task_repository",
});
