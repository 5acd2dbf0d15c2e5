-- The words of what is searched. `porter` finds 'tests' by 'test'.
CREATE VIRTUAL TABLE `chunks_fts` USING fts5(headings, text, content='chunks', content_rowid='id', tokenize='porter unicode61');
--> statement-breakpoint
CREATE TRIGGER `chunks_fts_insert` AFTER INSERT ON `chunks` BEGIN INSERT INTO chunks_fts (rowid, headings, text) VALUES (new.id, new.headings, new.text); END;
--> statement-breakpoint
CREATE TRIGGER `chunks_fts_delete` AFTER DELETE ON `chunks` BEGIN INSERT INTO chunks_fts (chunks_fts, rowid, headings, text) VALUES ('delete', old.id, old.headings, old.text); END;
--> statement-breakpoint
CREATE TRIGGER `chunks_fts_update` AFTER UPDATE OF headings, text ON `chunks` BEGIN INSERT INTO chunks_fts (chunks_fts, rowid, headings, text) VALUES ('delete', old.id, old.headings, old.text); INSERT INTO chunks_fts (rowid, headings, text) VALUES (new.id, new.headings, new.text); END;
--> statement-breakpoint
CREATE VIRTUAL TABLE `memories_fts` USING fts5(content, content='memories', content_rowid='row', tokenize='porter unicode61');
--> statement-breakpoint
CREATE TRIGGER `memories_fts_insert` AFTER INSERT ON `memories` BEGIN INSERT INTO memories_fts (rowid, content) VALUES (new.row, new.content); END;
--> statement-breakpoint
CREATE TRIGGER `memories_fts_delete` AFTER DELETE ON `memories` BEGIN INSERT INTO memories_fts (memories_fts, rowid, content) VALUES ('delete', old.row, old.content); END;
--> statement-breakpoint
CREATE TRIGGER `memories_fts_update` AFTER UPDATE OF content ON `memories` BEGIN INSERT INTO memories_fts (memories_fts, rowid, content) VALUES ('delete', old.row, old.content); INSERT INTO memories_fts (rowid, content) VALUES (new.row, new.content); END;
--> statement-breakpoint
CREATE VIRTUAL TABLE `issues_fts` USING fts5(title, body, content='issues', content_rowid='number', tokenize='porter unicode61');
--> statement-breakpoint
CREATE TRIGGER `issues_fts_insert` AFTER INSERT ON `issues` BEGIN INSERT INTO issues_fts (rowid, title, body) VALUES (new.number, new.title, new.body); END;
--> statement-breakpoint
CREATE TRIGGER `issues_fts_delete` AFTER DELETE ON `issues` BEGIN INSERT INTO issues_fts (issues_fts, rowid, title, body) VALUES ('delete', old.number, old.title, old.body); END;
--> statement-breakpoint
CREATE TRIGGER `issues_fts_update` AFTER UPDATE OF title, body ON `issues` BEGIN INSERT INTO issues_fts (issues_fts, rowid, title, body) VALUES ('delete', old.number, old.title, old.body); INSERT INTO issues_fts (rowid, title, body) VALUES (new.number, new.title, new.body); END;
