ALTER TABLE `tasks` ADD `agent_wait` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `agent_says` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `agent_run_id` text;--> statement-breakpoint
CREATE INDEX `tasks_by_agent_wait` ON `tasks` (`created_at_ms`,`task_id`) WHERE "tasks"."agent_wait" is not null;