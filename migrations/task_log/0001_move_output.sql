CREATE TABLE `moved` (
	`id` integer PRIMARY KEY NOT NULL,
	`segments` text NOT NULL,
	`moved_at_ms` integer NOT NULL,
	`expired_at_ms` integer
);
--> statement-breakpoint
CREATE TABLE `timeline_batches` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`entries` text NOT NULL
);
--> statement-breakpoint
INSERT INTO `timeline_batches` SELECT `sequence`, json_array(json(`body`)) FROM `timeline`;
--> statement-breakpoint
DROP TABLE `timeline`;
--> statement-breakpoint
ALTER TABLE `ended` ADD `ended_at_ms` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- When a task ended was not kept before: its output is kept as if it had ended now.
UPDATE `ended` SET `ended_at_ms` = unixepoch() * 1000;
