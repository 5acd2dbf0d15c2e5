CREATE TABLE `audit` (
	`link` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `noted` (
	`key` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `receipts` (
	`receipt_id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `told` (
	`id` integer PRIMARY KEY NOT NULL,
	`links` integer NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `grants` ADD `channel` text DEFAULT 'link' NOT NULL;--> statement-breakpoint
ALTER TABLE `grants` ADD `scope` text DEFAULT 'redeem' NOT NULL;--> statement-breakpoint
ALTER TABLE `grants` ADD `revoked_at_ms` integer;