CREATE TABLE `__new_deliveries` (
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
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_deliveries` SELECT * FROM `deliveries`;
--> statement-breakpoint
DROP TABLE `deliveries`;
--> statement-breakpoint
ALTER TABLE `__new_deliveries` RENAME TO `deliveries`;
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`lane`,`next_try_at_ms`) WHERE next_try_at_ms is not null;
--> statement-breakpoint
CREATE INDEX `deliveries_report` ON `deliveries` (`report_at_ms`) WHERE report_at_ms is not null;
--> statement-breakpoint
CREATE INDEX `deliveries_lane` ON `deliveries` (`lane`,`id`);
--> statement-breakpoint
CREATE INDEX `deliveries_ask` ON `deliveries` (`ask_id`,`id`);
--> statement-breakpoint
CREATE TABLE `__new_messages` (
	`event_id` text PRIMARY KEY NOT NULL,
	`message_id` text NOT NULL,
	`type` text NOT NULL,
	`ask_id` text,
	`seq` integer,
	`body` text,
	`notice` text,
	`at_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_messages` SELECT * FROM `messages`;
--> statement-breakpoint
DROP TABLE `messages`;
--> statement-breakpoint
ALTER TABLE `__new_messages` RENAME TO `messages`;
--> statement-breakpoint
CREATE INDEX `messages_at` ON `messages` (`at_ms`);
--> statement-breakpoint
CREATE TABLE `__new_worklist` (
	`ask_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`state` text NOT NULL,
	`due_ms` integer NOT NULL,
	`opened_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	`body` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_worklist` SELECT * FROM `worklist`;
--> statement-breakpoint
DROP TABLE `worklist`;
--> statement-breakpoint
ALTER TABLE `__new_worklist` RENAME TO `worklist`;
--> statement-breakpoint
CREATE INDEX `worklist_waiting` ON `worklist` (`due_ms`,`opened_at_ms`,`ask_id`) WHERE ended_at_ms is null;
--> statement-breakpoint
CREATE INDEX `worklist_over` ON `worklist` (`due_ms`,`opened_at_ms`,`ask_id`) WHERE ended_at_ms is not null;
--> statement-breakpoint
CREATE INDEX `worklist_ended` ON `worklist` (`ended_at_ms`) WHERE ended_at_ms is not null;
