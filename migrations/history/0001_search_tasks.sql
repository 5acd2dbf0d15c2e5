-- Full-text search over a task's title and description; kept in step with `tasks` by triggers.
CREATE VIRTUAL TABLE `tasks_fts` USING fts5(
  title, description, content='tasks', content_rowid='row_id', tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
CREATE TRIGGER `tasks_fts_insert` AFTER INSERT ON `tasks` BEGIN
  INSERT INTO tasks_fts(rowid, title, description) VALUES (new.row_id, new.title, new.description);
END;
--> statement-breakpoint
CREATE TRIGGER `tasks_fts_delete` AFTER DELETE ON `tasks` BEGIN
  INSERT INTO tasks_fts(tasks_fts, rowid, title, description) VALUES ('delete', old.row_id, old.title, old.description);
END;
--> statement-breakpoint
CREATE TRIGGER `tasks_fts_update` AFTER UPDATE ON `tasks`
WHEN old.title <> new.title OR old.description <> new.description BEGIN
  INSERT INTO tasks_fts(tasks_fts, rowid, title, description) VALUES ('delete', old.row_id, old.title, old.description);
  INSERT INTO tasks_fts(rowid, title, description) VALUES (new.row_id, new.title, new.description);
END;
