import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "turso",
  schema: "./worker/store/history/schema.ts",
  out: "./migrations/history",
});
