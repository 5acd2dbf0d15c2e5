CREATE TABLE `facts` (
	`id` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
INSERT INTO `facts` SELECT 1, json_object('eventId', `event_id`, 'status', `status`, 'endedAtMs', `ended_at_ms`) FROM `ended`;
--> statement-breakpoint
INSERT INTO `facts` SELECT 2, json_object('segments', json(`segments`), 'movedAtMs', `moved_at_ms`, 'expiredAtMs', `expired_at_ms`) FROM `moved`;
--> statement-breakpoint
INSERT INTO `facts` SELECT 3, `all_runs` FROM (
	SELECT count(*) AS `runs`, json_group_object(`run_id`, json_object('lastSequence', `last_sequence`, 'receivedBytes', `received_bytes`, 'droppedBytes', `dropped_bytes`)) AS `all_runs` FROM `dropped`
) WHERE `runs` > 0;
--> statement-breakpoint
DROP TABLE `dropped`;
--> statement-breakpoint
DROP TABLE `ended`;
--> statement-breakpoint
DROP TABLE `moved`;
