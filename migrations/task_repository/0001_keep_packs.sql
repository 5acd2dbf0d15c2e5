CREATE TABLE `pack_chunks` (
	`key` integer PRIMARY KEY NOT NULL,
	`data` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pack_indexes` (
	`key` integer PRIMARY KEY NOT NULL,
	`data` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `packs` (
	`id` integer PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`bytes` integer NOT NULL,
	`object_count` integer NOT NULL,
	`duplicate_count` integer NOT NULL,
	`is_thin` integer NOT NULL,
	`is_in_rows` integer NOT NULL,
	`is_in_r2` integer NOT NULL,
	`used_at_ms` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `refs` ADD `peeled_id` text;