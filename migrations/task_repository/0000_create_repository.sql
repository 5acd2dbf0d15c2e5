CREATE TABLE `commits` (
	`id` text PRIMARY KEY NOT NULL,
	`tree` text NOT NULL,
	`parents` text NOT NULL,
	`committed_at_seconds` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `objects` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`compressed` blob
);
--> statement-breakpoint
CREATE TABLE `refs` (
	`name` text PRIMARY KEY NOT NULL,
	`object_id` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `repository` (
	`task_id` text PRIMARY KEY NOT NULL,
	`created_at_ms` integer NOT NULL,
	`head_ref` text NOT NULL,
	`has_orphans` integer NOT NULL
);
