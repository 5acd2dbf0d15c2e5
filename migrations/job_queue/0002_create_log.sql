CREATE TABLE `archive` (
	`page` integer PRIMARY KEY NOT NULL,
	`min_id` text NOT NULL,
	`max_id` text NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `archive_by_id` ON `archive` (`max_id`,`min_id`);--> statement-breakpoint
CREATE TABLE `log` (
	`slot` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outbox_page` (
	`page` integer PRIMARY KEY NOT NULL,
	`destination` text NOT NULL,
	`last_sequence` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `snapshot` (
	`part` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`body` text NOT NULL
);
