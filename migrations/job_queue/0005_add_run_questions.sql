CREATE TABLE `run_question` (
	`run_id` text NOT NULL,
	`id` text NOT NULL,
	`ask_id` text NOT NULL,
	`is_over` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`run_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `run_question_by_ask` ON `run_question` (`ask_id`);--> statement-breakpoint
CREATE INDEX `run_question_over` ON `run_question` (`is_over`,`ask_id`);