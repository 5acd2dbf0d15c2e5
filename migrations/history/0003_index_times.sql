CREATE INDEX `gates_by_end` ON `gates` (`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `gates_by_project_end` ON `gates` (`owner`,`project`,`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `jobs_by_end` ON `jobs` (`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `jobs_by_project_end` ON `jobs` (`owner`,`project`,`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `runs_by_claim` ON `runs` (`claimed_at_ms`);--> statement-breakpoint
CREATE INDEX `tasks_by_project_end` ON `tasks` (`owner`,`project`,`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `tasks_open` ON `tasks` (`owner`,`project`,`line_id`,`station_id`) WHERE "tasks"."ended_at_ms" is null;