CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`event_id` text NOT NULL,
	`ask_id` text,
	`seq` integer,
	`lane` text NOT NULL,
	`principal` text,
	`address` text,
	`why` text,
	`state` text NOT NULL,
	`tries` integer NOT NULL,
	`next_try_at_ms` integer,
	`attempts` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	`report_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`lane`,`next_try_at_ms`) WHERE next_try_at_ms is not null;--> statement-breakpoint
CREATE INDEX `deliveries_report` ON `deliveries` (`report_at_ms`) WHERE report_at_ms is not null;--> statement-breakpoint
CREATE INDEX `deliveries_lane` ON `deliveries` (`lane`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_ask` ON `deliveries` (`ask_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_event` ON `deliveries` (`event_id`);--> statement-breakpoint
CREATE TABLE `documents` (
	`version` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`by` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`types` text NOT NULL,
	`person` text,
	`disabled_why` text,
	`salt` text NOT NULL,
	`generation` integer NOT NULL,
	`previous_key_until_ms` integer,
	`failing_since_ms` integer,
	`throttled_until_ms` integer,
	`pending` integer NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `messages` (
	`event_id` text PRIMARY KEY NOT NULL,
	`message_id` text NOT NULL,
	`type` text NOT NULL,
	`ask_id` text,
	`seq` integer,
	`body` text,
	`notice` text,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `messages_at` ON `messages` (`at_ms`);--> statement-breakpoint
CREATE TABLE `worklist` (
	`ask_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`state` text NOT NULL,
	`due_ms` integer NOT NULL,
	`opened_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `worklist_waiting` ON `worklist` (`due_ms`,`opened_at_ms`,`ask_id`) WHERE ended_at_ms is null;--> statement-breakpoint
CREATE INDEX `worklist_over` ON `worklist` (`due_ms`,`opened_at_ms`,`ask_id`) WHERE ended_at_ms is not null;--> statement-breakpoint
CREATE INDEX `worklist_ended` ON `worklist` (`ended_at_ms`) WHERE ended_at_ms is not null;