-- A log without output has no such table: it is made with its first row.
CREATE TABLE IF NOT EXISTS `output` (
	`offset` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`run_id` text NOT NULL,
	`station_id` text NOT NULL,
	`run_offset` integer NOT NULL,
	`last_sequence` integer,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
ALTER TABLE `output` ADD `at_ms` integer;
