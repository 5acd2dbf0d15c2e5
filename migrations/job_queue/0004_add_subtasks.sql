CREATE TABLE `agent_command` (
	`id` text PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`is_open` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `agent_command_of` ON `agent_command` (`run_id`,`is_open`);--> statement-breakpoint
CREATE TABLE `subtask` (
	`task_id` text NOT NULL,
	`id` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`task_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `subtask_outcome` (
	`id` integer PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`subtask_id` text NOT NULL,
	`check_id` text NOT NULL,
	`result` text NOT NULL,
	`detail` text NOT NULL,
	`by` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `subtask_outcome_of` ON `subtask_outcome` (`task_id`);