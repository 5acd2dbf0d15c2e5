CREATE TABLE `steps` (
	`step` integer PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	`links` integer NOT NULL,
	`events` text,
	`grant` text,
	`receipt` text,
	`noted_key` text,
	`told_links` integer,
	`entries` text
);
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `entries`)
SELECT CAST(strftime('%s', json_extract(`body`, '$.at')) AS integer) * 1000, `link`, json_array(json(`body`))
FROM `audit` ORDER BY `link`;
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `grant`)
SELECT `issued_at_ms`, (SELECT coalesce(max(`link`), 0) FROM `audit`), json_object('grantId', `grant_id`, 'secretHash', `secret_hash`, 'holder', `holder`, 'channel', `channel`, 'scope', `scope`, 'epoch', `epoch`, 'issuedAtMs', `issued_at_ms`, 'expiresAtMs', `expires_at_ms`, 'usedAtMs', `used_at_ms`, 'revokedAtMs', `revoked_at_ms`)
FROM `grants` ORDER BY `issued_at_ms`, `epoch`;
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `receipt`)
SELECT 0, (SELECT coalesce(max(`link`), 0) FROM `audit`), `body` FROM `receipts` ORDER BY rowid;
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `noted_key`)
SELECT 0, (SELECT coalesce(max(`link`), 0) FROM `audit`), `key` FROM `noted`;
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `told_links`)
SELECT `at_ms`, (SELECT coalesce(max(`link`), 0) FROM `audit`), `links` FROM `told`;
--> statement-breakpoint
INSERT INTO `steps` (`at_ms`, `links`, `events`)
SELECT `created_at_ms`, (SELECT coalesce(max(`link`), 0) FROM `audit`), json_array(json_object('sequence', `sequence`, 'event', json(`body`)))
FROM `outbox` ORDER BY `sequence`;
--> statement-breakpoint
DROP TABLE `audit`;
--> statement-breakpoint
DROP TABLE `grants`;
--> statement-breakpoint
DROP TABLE `noted`;
--> statement-breakpoint
DROP TABLE `outbox`;
--> statement-breakpoint
DROP TABLE `receipts`;
--> statement-breakpoint
DROP TABLE `told`;
