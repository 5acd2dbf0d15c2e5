CREATE TABLE `remembered` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
