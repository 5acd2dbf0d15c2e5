CREATE INDEX `tasks_by_status` ON `tasks` (`status`,`created_at_ms`,`task_id`);--> statement-breakpoint
CREATE INDEX `tasks_by_update` ON `tasks` (`updated_at_ms`);