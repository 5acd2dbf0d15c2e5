import { defineConfig } from "drizzle-kit";

// From the root: drizzle-kit generate --config migrations/job_queue/drizzle.config.ts --name what_changes
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./worker/store/queue/schema.ts",
  out: "./migrations/job_queue",
});
