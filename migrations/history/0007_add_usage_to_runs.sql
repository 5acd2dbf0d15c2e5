ALTER TABLE `runs` ADD `input_tokens` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `output_tokens` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `cache_read_tokens` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `cache_write_tokens` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `cost_usd` real;