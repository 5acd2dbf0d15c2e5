CREATE TABLE `line_version` (
	`line_id` text NOT NULL,
	`version` integer NOT NULL,
	`part` integer NOT NULL,
	`summary` text,
	`body` text NOT NULL,
	PRIMARY KEY(`line_id`, `version`, `part`)
);
