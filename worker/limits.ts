/** The numbers that only the control plane needs: units in the name, reason beside it. */
export * from "./agent_limits.ts";

/** After a station's own limit, how long the runner has to report before the control plane ends the run itself. */
export const RUN_DEADLINE_GRACE_MS = 120_000;
/** A runner that was silent this long is shown as offline (Line 2.8). */
export const RUNNER_OFFLINE_MS = 60_000;
/** A runner's `lastSeen` is written at most this often: rows written are what the platform charges for. */
export const RUNNER_SEEN_WRITE_MS = 30_000;
/**
 * Ended tasks leave the queue's memory after this; they are read back from storage when somebody asks. Long enough for
 * late and repeated reports, short enough that a thousand tasks a minute stay some megabytes.
 */
export const ENDED_TASK_IN_MEMORY_MS = 300_000;
/** How many of them at most, whatever their age: a queue that ends thousands of tasks a minute has 128 MB of memory. */
export const ENDED_TASKS_IN_MEMORY_MAX = 10_000;
/** A reader of a task's log waits at most so long for its newest lines. */
export const LOG_TOLD_WAIT_MS = 2_000;
/**
 * Jobs that are queued or held in one project; a submission above that is refused. Each is about half a kilobyte in
 * memory, and all of them are read at every wake-up.
 */
export const OPEN_JOBS_MAX = 100_000;
/**
 * Tasks of one project in memory, with those that have just ended: a submission above that is refused. Tasks that wait
 * for people have no open job, and a token that may not dispatch makes nothing else.
 */
export const TASKS_IN_MEMORY_MAX = 150_000;
/** Lines of a timeline that stay with their task until somebody asks; with more of them the task gets its log. */
export const TASK_NOTES_KEPT_MAX = 200;
/** A row of the platform holds 2 MB; a character is up to three bytes. */
export const QUEUE_ROW_MAX_CHARS = 500_000;
/**
 * The queue's log grows to this, or to the size of the last snapshot, before the next snapshot: what is replayed at a
 * wake-up takes no longer than what is read, and snapshots cost as much as the log at most.
 */
export const QUEUE_LOG_MIN_CHARS = 4_000_000;
/** Text of sockets that waits for the end of a turn of the event loop; with more it is handled at once. */
export const SOCKET_TURN_CHARS_MAX = 1_000_000;
/** A routine decision of the log takes as long to replay as so many characters more of it would take to read. */
export const ROUTINE_REPLAY_CHARS = 200;
/** Ended tasks per archive page: a look-up by id reads one or two pages, some milliseconds each. */
export const ARCHIVE_PAGE_CHARS = 256_000;
/**
 * Rows of the archive: about 4 GB of the platform's 10 GB for one object, some million tasks. The oldest go first: a full
 * object writes nothing any more. The history keeps them.
 */
export const ARCHIVE_PAGES_MAX = 16_000;
/**
 * Versions of lines in memory that were read back: enough for those that people look at, and a megabyte each at most.
 */
export const LINE_VERSIONS_READ_MAX = 4;
/**
 * Versions of a line that are kept whatever became of them; older ones are deleted once no task is on them, neither a
 * living one nor one of the archive.
 */
export const LINE_VERSIONS_KEPT = 200;
/** Undelivered events of one destination kept in memory at a snapshot; older ones wait in pages (O5). */
export const OUTBOX_IN_MEMORY_MAX = 2_000;
/**
 * Receivers of one destination that are set aside, as they do not take their events, and events that wait for them: with
 * more of either it is the destination that fails, and each try of it costs a request.
 */
export const OUTBOX_ASIDE_RECEIVERS_MAX = 20;
export const OUTBOX_ASIDE_ROWS_MAX = 500;
/** Outbox rows handed to a receiver at once. */
export const OUTBOX_BATCH_ROWS = 100;
/** First and longest pause before an undelivered outbox is tried again. */
export const OUTBOX_RETRY_FIRST_MS = 250;
export const OUTBOX_RETRY_MAX_MS = 30_000;
/** A receiver that has not answered by then is tried again: every receiver of ours gives up or has answered long before. */
export const OUTBOX_SEND_MAX_MS = 60_000;
/**
 * While a delivery is under way its object's alarm is only for the case that the object is evicted in the middle of it;
 * setting it costs a row, so it is set once for each lease period.
 */
export const OUTBOX_SENDING_LOOK_MS = 90_000;
/** One request to the history may take this long; it is never on a job's path (O5). */
export const HISTORY_TIMEOUT_MS = 5_000;
/** A gate's link works this long (Autonomy 19.2). */
export const GATE_TOKEN_LIFE_MS = 72 * 3_600_000;
/** Hops of one delegation (Autonomy 19.6): with more nobody knows whose question it is. */
export const GATE_DELEGATION_HOPS_MAX = 2;
/** What an ask shows, its schema, and what is answered: each is a part of one row of at most 2 MB. */
export const GATE_IN_MAX_CHARS = 256 * 1024;
export const GATE_SCHEMA_MAX_CHARS = 64 * 1024;
export const GATE_OUT_MAX_CHARS = 64 * 1024;
/** Ballots together, and pieces of advice together. */
export const GATE_ANSWERS_MAX_CHARS = 128 * 1024;
/** A schema with its references written out; steps of holding an answer against it: a second at worst, as nothing stops it. */
export const GATE_SCHEMA_EXPANDED_MAX_CHARS = 256 * 1024;
export const GATE_SCHEMA_STEPS_MAX = 50_000_000;
/** Looks and refused attempts that are alike share a link of a chain of so many: those of a minute, an hour, a day. */
export const GATE_AUDIT_FOLDS = [
  { links: 5_000, windowMs: 60_000 },
  { links: 10_000, windowMs: 3_600_000 },
  { links: 15_000, windowMs: 24 * 3_600_000 },
];
/** Different ones that are counted at once, in one value of 2 MB at most. */
export const GATE_AUDIT_FOLDS_ALIKE_MAX = 500;
/** When nobody could say who is on call, the level is entered after this. */
export const GATE_RESOLVE_RETRY_MS = 15_000;
/** Who finds that an ask could not be put yet is told to come back after this. */
export const GATE_NOT_READY_RETRY_S = 5;
/** An ask this long past its next deadline has lost its alarm; how often that is looked for, and for how many asks. */
export const GATE_WATCH_GRACE_MS = 10 * 60_000;
export const GATE_WATCH_MS = 3_600_000;
export const GATE_WATCH_ASKS_MAX = 200;
/** One long-poll on an ask. */
export const GATE_WAIT_MAX_MS = 60_000;
/** A new head of the audit chain goes to the task's timeline at most this often (Autonomy 19.10: daily). */
export const GATE_DIGEST_MS = 24 * 3_600_000;
/** Output kept per task; what comes after is counted, not kept. */
export const TASK_OUTPUT_MAX_BYTES = 10 * 1024 * 1024;
/** Chunks that arrive together share a row up to this size: rows written are what costs, and a row holds 2 MB. */
export const OUTPUT_ROW_MAX_BYTES = 256 * 1024;
/** Output in one frame to a viewer: as JSON it may grow sixfold, and a message of 1 MiB must hold it. */
export const VIEWER_FRAME_MAX_BYTES = 64 * 1024;
/** Output on its way to a viewer that acknowledges: what its socket may hold, and enough for a screen and the next. */
export const VIEWER_WINDOW_BYTES = 256 * 1024;
/**
 * Moments of a task's output that are kept for a replay: a slider has no more steps, and as numbers they are 50 kB in the
 * row that says where output went.
 */
export const OUTPUT_MOMENTS_MAX = 2_000;
/** A viewer that does not acknowledge gets a replay in pages of this size, with this pause: some megabytes a second. */
export const VIEWER_PAGE_BYTES = 64 * 1024;
export const VIEWER_PAGE_PAUSE_MS = 20;
/** A viewer's message is an acknowledgement; what is longer is not read. */
export const VIEWER_MESSAGE_MAX_CHARS = 256;
/** After a task's end its output stays this long in its object, where reading is cheap; then it is one object in R2. */
export const OUTPUT_IN_OBJECT_MS = 24 * 3_600_000;
/** Output is deleted this long after its task's end, unless SHOPFLOOR_OUTPUT_RETENTION_DAYS says otherwise. */
export const OUTPUT_RETENTION_DAYS_DEFAULT = 90;
/** When R2 could not take or delete output, the next try comes after this; nobody waits for it. */
export const OUTPUT_MOVE_RETRY_MS = 10 * 60_000;
/** Output in one answer to a reader over HTTP or on a page; the rest is asked for from where it ended. */
export const OUTPUT_READ_MAX_BYTES = 1024 * 1024;
/**
 * Who has read a task's output over HTTP is taken for watching it this long: longer than a runner saves output up, so
 * that who asks every few seconds gets what is new.
 */
export const OUTPUT_READER_WATCHES_MS = 15_000;
/** The end of a task's output that its page shows before the stream takes over. */
export const PAGE_OUTPUT_TAIL_BYTES = 128 * 1024;
/** A report shown on a page, and how many of them: pages are for people, the clone has the rest. */
export const PAGE_REPORT_MAX_BYTES = 64 * 1024;
export const PAGE_REPORTS_MAX = 20;
/** A file on a page of the repository: bytes, lines, and characters of one line; the clone and the download have the rest. */
export const PAGE_FILE_MAX_BYTES = 256 * 1024;
export const PAGE_FILE_LINES_MAX = 5_000;
export const PAGE_LINE_MAX_CHARS = 2_000;
/** Entries of one folder, and refs to choose from, on such a page. */
export const PAGE_FOLDER_ENTRIES_MAX = 1_000;
export const PAGE_REFS_MAX = 200;
/** An author's name there: anybody can write megabytes into a commit. */
export const PAGE_AUTHOR_MAX_CHARS = 100;
/** Tasks of one state on the board, the newest; and on a page of one state. */
export const BOARD_SECTION_TASKS = 24;
export const BOARD_PAGE_TASKS = 60;
/** A board is asked again every few seconds; one that has not changed is drawn anew for its times of day after this. */
export const BOARD_SAME_MS = 30_000;
/** The plot on the page of runners: the last day, by the hour. */
export const RUNNERS_BUSY_PIECE_MS = 3_600_000;
export const RUNNERS_BUSY_PIECES = 24;
/** Time to paste a command on another machine and to set that one up; and how many of these tokens live in a project. */
export const REGISTRATION_TOKEN_LIFE_MS = 3_600_000;
export const REGISTRATION_TOKENS_MAX = 10;
/** The navigation counts what is asked of somebody so far; the worklist itself has the rest. */
export const WAITING_COUNT_MAX = 99;
/** What is searched for, and a label. */
export const BOARD_TEXT_MAX_CHARS = 200;
/** Projects whose worklists are read for the list of all of them: each is a call to an object of its own. */
export const WORKLIST_PROJECTS_MAX = 40;
/** A form or a gate answer: a reason, a token, and room to spare. */
export const FORM_MAX_BYTES = 64 * 1024;
/** A one-time sign-in link works this long, the session that it starts that long. */
export const SIGNIN_LINK_LIFE_MS = 15 * 60_000;
export const SESSION_LIFE_MS = 12 * 3_600_000;
/** A person may take so long at GitHub: to sign in there, with a second factor. */
export const SIGN_IN_JOURNEY_LIFE_MS = 10 * 60_000;
/** What we ask a provider of sign-in is asked while a person waits. */
export const SIGN_IN_FETCH_TIMEOUT_MS = 8_000;
/** The keys of Cloudflare Access change every six weeks, the one before stays for a week; a new one is fetched at once. */
export const ACCESS_KEYS_LIFE_MS = 3_600_000;
/** But for a key that is not among them not more often than this: anybody may name one. */
export const ACCESS_KEYS_AGAIN_MS = 10_000;
/** Levels of one JSON body: ours have ten; what works on them level by level (a schema, a write) has a stack that ends. */
export const JSON_DEPTH_MAX = 100;
/** One artifact's JSON. */
export const ARTIFACT_MAX_BYTES = 1024 * 1024;
/** A shallow pack of a repository that a line is imported from, and all the time that fetching it may take. */
export const IMPORT_PACK_MAX_BYTES = 20 * 1000 * 1000;
export const IMPORT_TIMEOUT_MS = 20_000;
/** Redirects that are followed when a repository has moved; each is judged like the first address. */
export const IMPORT_REDIRECTS_MAX = 3;
/** Files and bytes of a `.agentics/` folder that is fetched; what a body could hold. */
export const IMPORT_FILES_MAX = 1_000;
export const IMPORT_FILES_MAX_BYTES = 1024 * 1024;
/** An answer to a request with an idempotency key is kept this long. */
export const REMEMBERED_LIFE_MS = 24 * 3_600_000;
/** So many of them per project, and so long each: they are in the queue's memory, which is 128 MB for all. */
export const REMEMBERED_MAX = 4_000;
export const REMEMBERED_ANSWER_MAX_CHARS = 8 * 1024;
export const REMEMBERED_PRUNED_AT_ONCE = 8;
/** Live streams that a task remembers: one per run, and no task has many runs. */
export const TASK_STREAMS_MAX = 20;
/** Rows in one page of a list of the history. */
export const LIST_PAGE_DEFAULT = 50;
export const LIST_PAGE_MAX = 200;
/** Words of a search text that are used, and of each so much; the rest is ignored. */
export const SEARCH_WORDS_MAX = 8;
export const SEARCH_WORD_MAX_CHARS = 64;
/**
 * What one run of the history's pruning deletes: tasks (with their jobs, runs and gates) or audit entries in one
 * transaction, and how often in one run; what is left is deleted by the next run.
 */
export const HISTORY_PRUNE_ROWS = 200;
export const HISTORY_PRUNE_BATCHES_MAX = 25;
/**
 * Rows of the history that one sum of a page is over, the newest: some tenths of a second, where a month of a busy project
 * would take longer than a page may wait.
 */
export const METRICS_ROWS_MAX = 50_000;
/** Points of a run's resource use: a plot of a phone's width has no room for more; six kilobytes. */
export const RUN_USAGE_POINTS_MAX = 120;
/** Runs of a task whose use is kept, the newest: all of them are one row. */
export const TASK_USAGE_RUNS_MAX = 20;
/** The page of a line shows medians of so many days. */
export const LINE_NUMBERS_DAYS = 30;
/** Stations in a chart of failures. */
export const METRICS_STATIONS_MAX = 12;

/** One push's pack: it streams, so what bounds it is the platform's limit of 100 MB for a request. */
export const PUSH_PACK_MAX_BYTES = 90 * 1000 * 1000;
/** A larger push is read to its end up to the platform's own request limit, so that git shows our answer. */
export const PUSH_DRAIN_MAX_BYTES = 100 * 1000 * 1000;
/** The commands before a pack: some thousands of refs. */
export const PUSH_COMMANDS_MAX_BYTES = 1024 * 1024;
/** All packs of one repository: ten of the largest pushes; in rows they take a tenth of the platform's 10 GB. */
export const REPOSITORY_MAX_BYTES = 1000 * 1000 * 1000;
/** A fetch request is a list of ids: 20,000 haves. */
export const FETCH_REQUEST_MAX_BYTES = 1024 * 1024;
/** About 60 bytes of memory each while the repository is awake, and three times that while they are pushed. */
export const PACK_OBJECTS_MAX = 100_000;
/** One file, inflated: base and result of a delta are in memory together. */
export const GIT_OBJECT_MAX_BYTES = 32 * 1000 * 1000;
/** One commit, directory or tag, inflated: a directory of 100,000 files. They are parsed as a whole. */
export const GIT_STRUCTURE_MAX_BYTES = 4 * 1000 * 1000;
/** Larger entries of a pack are inflated piece by piece; smaller ones in one go, which is faster. */
export const PACK_LARGE_ENTRY_BYTES = 512 * 1024;
/** Inflating and delta work for one push: some seconds of the platform's 30 s of CPU. */
export const PACK_WORK_MAX_BYTES = 1500 * 1000 * 1000;
/** Deltas on deltas: what git allows in one pack. Each push may add some to a chain that began in an earlier one. */
export const PACK_DELTA_DEPTH_MAX = 4_095;
/** Inflated objects at hand as bases of deltas: for the repository, and for each push under way. */
export const PACK_BASE_CACHE_BYTES = 8 * 1000 * 1000;
export const PACK_INTAKE_CACHE_BYTES = 8 * 1000 * 1000;
/** Large blobs in R2, from before there were packs, that a push's deltas are based on. */
export const PACK_LARGE_BASES_MAX_BYTES = 24 * 1000 * 1000;
/** The bytes of a pack are cut into rows of this size: small enough to read one for one object. */
export const PACK_CHUNK_BYTES = 256 * 1024;
/** Chunks at hand: 6 MiB. */
export const PACK_CACHE_CHUNKS = 24;
/** What R2 holds of a pack in one object: 8 MiB, which is in memory while it is written. */
export const PACK_SEGMENT_CHUNKS = 32;
/** A row of an index: 25,000 objects, below the platform's 2 MB. */
export const PACK_INDEX_ROW_OBJECTS = 25_000;
/** Packs of this size go to R2, where a byte costs a thirteenth, once nobody has used them for that long. */
export const PACK_SETTLE_MIN_BYTES = 4 * 1000 * 1000;
export const PACK_SETTLE_MS = 60 * 60_000;
/** Compression of what we send whole although it came as a delta: fast, as a client waits. */
export const PACK_DEFLATE_LEVEL = 3;
/** Commits in one page of a log. */
export const COMMIT_PAGE_DEFAULT = 50;
export const COMMIT_PAGE_MAX = 200;
/** Bytes of a pack made at once while a client reads it. */
export const PACK_PIECE_BYTES = 256 * 1024;
/** A file shown or returned by RPC; the platform's limit for one call is 32 MiB. */
export const FILE_READ_MAX_BYTES = 10 * 1000 * 1000;
/** A diff is for people to read: more files than this are left out, and larger files have no patch. */
export const DIFF_FILES_MAX = 300;
export const DIFF_FILE_MAX_BYTES = 512 * 1024;
/** All patches of one diff; files after that have no patch. */
export const DIFF_TOTAL_MAX_BYTES = 2 * 1024 * 1024;
/** Line edits that the diff searches for before it shows a file as replaced: its time grows with the square. */
export const DIFF_EDITS_MAX = 2_000;
/** How old a signed message of Slack may be, as Slack has it. */
export const CHANNEL_TOLERANCE_SECONDS = 300;
/** GitHub's clock differs from ours by less; its times are whole seconds. */
export const CHANNEL_SKEW_MS = 60_000;
/** What is read of a provider's answer. */
export const PROVIDER_ANSWER_MAX_BYTES = 64 * 1024;
/** A message to a channel: Slack's and GitHub's are some kilobytes, and a comment is at most 64 KiB. */
export const CHANNEL_BODY_MAX_BYTES = 512 * 1024;
/** To tell somebody in their channel how their answer went: behind the answer, which they have. */
export const CHANNEL_REPLY_TIMEOUT_MS = 10_000;
/** Rows of the worklist that are looked through for what an ask is about. */
export const CHANNEL_ASKS_SEARCHED_MAX = 2_000;
/** How long after the try before each try of a webhook is: the schedule of Standard Webhooks, three days in all. */
export const WEBHOOK_TRIES_AFTER_MS: readonly number[] = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  14 * 3_600_000,
  20 * 3_600_000,
  24 * 3_600_000,
];
/** A pause is longer by up to this part of itself: what failed together does not come back together. */
export const WEBHOOK_JITTER = 0.1;
/** A receiver may ask for a pause, but not for ever; one that is overloaded and names none gets the shorter one. */
export const WEBHOOK_RETRY_AFTER_MAX_MS = 24 * 3_600_000;
export const WEBHOOK_THROTTLE_MS = 60_000;
/** A receiver has this long to answer (15 to 30 s in the standard), and a channel's provider too. */
export const WEBHOOK_TIMEOUT_MS = 20_000;
/** What is kept of a receiver's answer: enough to see what it did not like. */
export const WEBHOOK_DETAIL_MAX_CHARS = 200;
/** Tries that a delivery remembers: two rounds of the schedule. */
export const WEBHOOK_ATTEMPTS_KEPT = 20;
/** An endpoint that took nothing for this long is disabled: longer than one delivery's whole schedule. */
export const WEBHOOK_FAILING_MAX_MS = 5 * 24 * 3_600_000;
/** Deliveries that may wait for one endpoint: beyond, its receiver will not catch up. */
export const WEBHOOK_BACKLOG_MAX = 10_000;
/** Deliveries under way at once: the platform lets one object wait for six answers. Half of them for who fails. */
export const WEBHOOK_SENDING_MAX = 6;
export const WEBHOOK_SENDING_FAILING_MAX = 3;
export const WEBHOOK_LANE_SENDING_MAX = 2;
/** Endpoints of one project that were made by hand: each event goes to all of them. */
export const WEBHOOKS_MAX = 50;
/** Events that one call plays again; the next call goes on where it stopped. */
export const WEBHOOK_REPLAY_MAX = 1_000;
/** How long an ask that is over stays on the worklist (it is in the history for good), and how long deliveries are kept. */
export const WORKLIST_ENDED_KEPT_MS = 7 * 24 * 3_600_000;
export const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000;
/** Rows of each table that one clearing up of a project's people deletes; what is left is deleted by the next, at once. */
export const PEOPLE_PRUNE_ROWS = 200;
/** Rows that one page of the worklist looks at: a page may be short, its cursor goes on. */
export const WORKLIST_SCAN_ROWS = 2_000;
/** Versions of the documents that are kept. */
export const DOCUMENT_VERSIONS_KEPT = 100;
/** How long after a failed try the ask is told again how its notices went. */
export const DELIVERY_REPORT_RETRY_MS = 60_000;
/** Paths of one method whose routes are remembered, and the length of one: about a megabyte when full of the longest. */
export const REPEATED_PATHS_MAX = 1_000;
export const REPEATED_PATH_MAX_CHARS = 400;
