CREATE TABLE `attachments` (
	`id` integer PRIMARY KEY NOT NULL,
	`context_id` text NOT NULL,
	`line_id` text,
	`station_id` text,
	`task_id` text,
	`from_seq` integer NOT NULL,
	`until_seq` integer,
	`until_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `attachments_of` ON `attachments` (`context_id`);--> statement-breakpoint
CREATE TABLE `changes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`by` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chunks` (
	`id` integer PRIMARY KEY NOT NULL,
	`context_id` text NOT NULL,
	`source_id` text NOT NULL,
	`revision` integer NOT NULL,
	`headings` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `chunks_of` ON `chunks` (`context_id`,`source_id`,`revision`);--> statement-breakpoint
CREATE TABLE `contexts` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`by` text NOT NULL,
	`changed_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `issue_comments` (
	`id` integer PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`author` text NOT NULL,
	`body` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `issue_comments_of` ON `issue_comments` (`number`);--> statement-breakpoint
CREATE TABLE `issues` (
	`number` integer PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`body` text NOT NULL,
	`state` text NOT NULL,
	`labels` text NOT NULL,
	`assignee` text,
	`author` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `memories` (
	`row` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`principal` text NOT NULL,
	`namespace` text NOT NULL,
	`content` text NOT NULL,
	`provenance` text NOT NULL,
	`confidence` real,
	`by` text NOT NULL,
	`recorded_at_ms` integer NOT NULL,
	`from_seq` integer NOT NULL,
	`until_seq` integer,
	`until_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `memories_id` ON `memories` (`id`);--> statement-breakpoint
CREATE TABLE `pins` (
	`run_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sources` (
	`context_id` text NOT NULL,
	`id` text NOT NULL,
	`revision` integer NOT NULL,
	`title` text NOT NULL,
	`body` text NOT NULL,
	`sha256` text NOT NULL,
	`by` text NOT NULL,
	`at_ms` integer NOT NULL,
	`from_seq` integer NOT NULL,
	`until_seq` integer,
	`until_at_ms` integer,
	PRIMARY KEY(`context_id`, `id`, `revision`)
);
