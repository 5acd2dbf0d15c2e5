CREATE TABLE `__new_audit` (
	`row_id` integer PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`action` text NOT NULL,
	`actor` text NOT NULL,
	`task_id` text,
	`subject` text NOT NULL,
	`detail` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_audit`("owner", "project", "sequence", "action", "actor", "task_id", "subject", "detail", "at_ms") SELECT "owner", "project", "sequence", "action", "actor", "task_id", "subject", "detail", "at_ms" FROM `audit`;--> statement-breakpoint
DROP TABLE `audit`;--> statement-breakpoint
ALTER TABLE `__new_audit` RENAME TO `audit`;--> statement-breakpoint
CREATE UNIQUE INDEX `audit_by_id` ON `audit` (`owner`,`project`,`sequence`);--> statement-breakpoint
CREATE INDEX `audit_by_task` ON `audit` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE INDEX `audit_by_age` ON `audit` (`at_ms`);--> statement-breakpoint
CREATE TABLE `__new_runs` (
	`row_id` integer PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project` text NOT NULL,
	`sequence` integer NOT NULL,
	`run_id` text NOT NULL,
	`job_id` text NOT NULL,
	`task_id` text NOT NULL,
	`station_id` text NOT NULL,
	`runner_id` text NOT NULL,
	`runner_name` text NOT NULL,
	`lease_epoch` integer NOT NULL,
	`status` text NOT NULL,
	`outcome` text,
	`exit_code` integer,
	`summary` text,
	`head_commit` text,
	`claimed_at_ms` integer NOT NULL,
	`started_at_ms` integer,
	`ended_at_ms` integer
);
--> statement-breakpoint
INSERT INTO `__new_runs`("owner", "project", "sequence", "run_id", "job_id", "task_id", "station_id", "runner_id", "runner_name", "lease_epoch", "status", "outcome", "exit_code", "summary", "head_commit", "claimed_at_ms", "started_at_ms", "ended_at_ms") SELECT "owner", "project", "sequence", "run_id", "job_id", "task_id", "station_id", "runner_id", "runner_name", "lease_epoch", "status", "outcome", "exit_code", "summary", "head_commit", "claimed_at_ms", "started_at_ms", "ended_at_ms" FROM `runs`;--> statement-breakpoint
DROP TABLE `runs`;--> statement-breakpoint
ALTER TABLE `__new_runs` RENAME TO `runs`;--> statement-breakpoint
CREATE UNIQUE INDEX `runs_by_id` ON `runs` (`owner`,`project`,`run_id`);--> statement-breakpoint
CREATE INDEX `runs_by_project` ON `runs` (`owner`,`project`,`claimed_at_ms`,`run_id`);--> statement-breakpoint
CREATE INDEX `runs_by_task` ON `runs` (`owner`,`project`,`task_id`);--> statement-breakpoint
CREATE INDEX `tasks_by_end` ON `tasks` (`ended_at_ms`);--> statement-breakpoint
-- Full-text search over what runs reported and over the audit trail; kept in step with their tables by triggers.
CREATE VIRTUAL TABLE `runs_fts` USING fts5(
  summary, content='runs', content_rowid='row_id', tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
CREATE TRIGGER `runs_fts_insert` AFTER INSERT ON `runs` BEGIN
  INSERT INTO runs_fts(rowid, summary) VALUES (new.row_id, new.summary);
END;
--> statement-breakpoint
CREATE TRIGGER `runs_fts_delete` AFTER DELETE ON `runs` BEGIN
  INSERT INTO runs_fts(runs_fts, rowid, summary) VALUES ('delete', old.row_id, old.summary);
END;
--> statement-breakpoint
CREATE TRIGGER `runs_fts_update` AFTER UPDATE ON `runs` WHEN old.summary IS NOT new.summary BEGIN
  INSERT INTO runs_fts(runs_fts, rowid, summary) VALUES ('delete', old.row_id, old.summary);
  INSERT INTO runs_fts(rowid, summary) VALUES (new.row_id, new.summary);
END;
--> statement-breakpoint
CREATE VIRTUAL TABLE `audit_fts` USING fts5(
  action, subject, detail, content='audit', content_rowid='row_id', tokenize='unicode61 remove_diacritics 2',
  prefix='2 3'
);
--> statement-breakpoint
CREATE TRIGGER `audit_fts_insert` AFTER INSERT ON `audit` BEGIN
  INSERT INTO audit_fts(rowid, action, subject, detail) VALUES (new.row_id, new.action, new.subject, new.detail);
END;
--> statement-breakpoint
CREATE TRIGGER `audit_fts_delete` AFTER DELETE ON `audit` BEGIN
  INSERT INTO audit_fts(audit_fts, rowid, action, subject, detail)
  VALUES ('delete', old.row_id, old.action, old.subject, old.detail);
END;
--> statement-breakpoint
INSERT INTO runs_fts(runs_fts) VALUES ('rebuild');--> statement-breakpoint
INSERT INTO audit_fts(audit_fts) VALUES ('rebuild');
