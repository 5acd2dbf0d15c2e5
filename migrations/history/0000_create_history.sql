CREATE TABLE `applied_events` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`kind` text NOT NULL,
	PRIMARY KEY(`owner`, `project`, `sequence`)
);
--> statement-breakpoint
CREATE TABLE `audit` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`action` text NOT NULL,
	`actor` text NOT NULL,
	`task_id` text,
	`subject` text NOT NULL,
	`detail` text NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`owner`, `project`, `sequence`)
);
--> statement-breakpoint
CREATE INDEX `audit_by_task` ON `audit` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE TABLE `gates` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`ask_id` text NOT NULL,
	`task_id` text NOT NULL,
	`gate_id` text NOT NULL,
	`gate_name` text NOT NULL,
	`state` text NOT NULL,
	`outcome` text,
	`decided_by` text,
	`reason` text,
	`opened_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	PRIMARY KEY(`owner`, `project`, `ask_id`)
);
--> statement-breakpoint
CREATE INDEX `gates_by_task` ON `gates` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`job_id` text NOT NULL,
	`task_id` text NOT NULL,
	`station_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`status` text NOT NULL,
	`outcome` text,
	`reason` text,
	`queued_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	PRIMARY KEY(`owner`, `project`, `job_id`)
);
--> statement-breakpoint
CREATE INDEX `jobs_by_task` ON `jobs` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE TABLE `lines` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`line_id` text NOT NULL,
	`version` integer NOT NULL,
	`name` text NOT NULL,
	`definition` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`is_deleted` integer NOT NULL,
	PRIMARY KEY(`owner`, `project`, `line_id`, `version`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`run_id` text NOT NULL,
	`job_id` text NOT NULL,
	`task_id` text NOT NULL,
	`station_id` text NOT NULL,
	`runner_id` text NOT NULL,
	`runner_name` text NOT NULL,
	`lease_epoch` integer NOT NULL,
	`status` text NOT NULL,
	`outcome` text,
	`exit_code` integer,
	`summary` text,
	`head_commit` text,
	`claimed_at_ms` integer NOT NULL,
	`started_at_ms` integer,
	`ended_at_ms` integer,
	PRIMARY KEY(`owner`, `project`, `run_id`)
);
--> statement-breakpoint
CREATE INDEX `runs_by_task` ON `runs` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE TABLE `tasks` (
	`row_id` integer PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`task_id` text NOT NULL,
	`line_id` text NOT NULL,
	`line_name` text NOT NULL,
	`line_version` integer NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`priority` text NOT NULL,
	`labels` text NOT NULL,
	`station_id` text NOT NULL,
	`station_name` text NOT NULL,
	`status` text NOT NULL,
	`rejection_reason` text,
	`pending_gate_id` text,
	`attempt` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`ended_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_by_id` ON `tasks` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE INDEX `tasks_by_project` ON `tasks` (`owner`,`project`,`created_at_ms`,`task_id`);--> statement-breakpoint
CREATE INDEX `tasks_by_age` ON `tasks` (`created_at_ms`,`task_id`);