CREATE TABLE `__new_gates` (
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`ask_id` text NOT NULL,
	`origin` text DEFAULT 'line_gate' NOT NULL,
	`task_id` text,
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
INSERT INTO `__new_gates`("owner", "project", "sequence", "ask_id", "task_id", "gate_id", "gate_name", "state", "outcome", "decided_by", "reason", "opened_at_ms", "ended_at_ms") SELECT "owner", "project", "sequence", "ask_id", "task_id", "gate_id", "gate_name", "state", "outcome", "decided_by", "reason", "opened_at_ms", "ended_at_ms" FROM `gates`;--> statement-breakpoint
DROP TABLE `gates`;--> statement-breakpoint
ALTER TABLE `__new_gates` RENAME TO `gates`;--> statement-breakpoint
CREATE INDEX `gates_by_task` ON `gates` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE INDEX `gates_by_end` ON `gates` (`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `gates_by_project_end` ON `gates` (`owner`,`project`,`ended_at_ms`);--> statement-breakpoint
DROP INDEX `audit_by_id`;--> statement-breakpoint
ALTER TABLE `audit` ADD `source` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `audit_by_id` ON `audit` (`owner`,`project`,`source`,`sequence`);--> statement-breakpoint
CREATE INDEX `audit_by_project` ON `audit` (`owner`,`project`,`at_ms`);
