CREATE TABLE `dropped` (
	`run_id` text PRIMARY KEY NOT NULL,
	`last_sequence` integer,
	`received_bytes` integer NOT NULL,
	`dropped_bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `ended` (
	`id` integer PRIMARY KEY NOT NULL,
	`event_id` text NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `output` (
	`offset` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`run_id` text NOT NULL,
	`station_id` text NOT NULL,
	`run_offset` integer NOT NULL,
	`last_sequence` integer,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `timeline` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event_id` text NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `timeline_event_id_unique` ON `timeline` (`event_id`);