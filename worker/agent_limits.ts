/** Limits of what agents read, do and are told: a part of `limits.ts`, which hands it on. */

/** Subtasks of one task: more than a spec of some pages has. */
export const SUBTASKS_MAX = 500;
/** Subtasks of one project; beyond, those of tasks that have ended go, the oldest first. Each is at most some kilobytes. */
export const SUBTASKS_OF_PROJECT_MAX = 50_000;
/** Outcomes that are kept of one subtask: those of the longest verification. */
export const SUBTASK_OUTCOMES_KEPT = 100;
/** Outcomes that are kept in one project, the newest: at 4,000 characters each, less than a tenth of what an object holds. */
export const OUTCOMES_OF_PROJECT_KEPT = 200_000;
/** Commands to one agent that are not done: each is a person's. */
export const AGENT_COMMANDS_OPEN_MAX = 100;
/** Commands that are remembered in a project after their end; a message may be 200 KB. */
export const AGENT_COMMANDS_KEPT = 1_000;
/** Commands that one list shows. */
export const AGENT_COMMANDS_LISTED_MAX = 200;

/** A passage of a document: a screen of text, so that ten of them are one answer. */
export const CHUNK_MAX_CHARS = 1_600;
/** Contexts of a project, and documents of a context: what people keep by hand. */
export const CONTEXTS_MAX = 200;
export const SOURCES_MAX = 500;
export const ATTACHMENTS_MAX = 100;
/** Notes of a project that count at a time. */
export const MEMORIES_MAX = 10_000;
/** Built-in issues of a project, and comments of one. */
export const ISSUES_MAX = 100_000;
export const ISSUE_COMMENTS_MAX = 1_000;
/** Revisions that were replaced are kept for runs that began before: longer than any run may last. */
export const LIBRARY_REPLACED_KEPT_MS = 30 * 24 * 3_600_000;
/** Replaced rows that one change clears up. */
export const LIBRARY_PRUNE_ROWS = 100;
/** Words of an agent's question that are looked for: agents ask in sentences. */
export const LIBRARY_WORDS_MAX = 32;

/** One file of a spec, and specs of one task: documents that people and agents read. */
export const SPEC_FILE_MAX_BYTES = 512 * 1024;
export const SPECS_MAX = 100;
/** Faults of a spec that are told at once. */
export const SPEC_FAULTS_MAX = 20;
/** A provider of a tool (GitHub, a search engine) has this long for one answer. */
export const TOOL_PROVIDER_TIMEOUT_MS = 15_000;
/** One JSON answer of such a provider: a hundred issues with their texts. */
export const TOOL_PROVIDER_JSON_MAX_BYTES = 8 * 1024 * 1024;
/** What is kept of a job's log: its end, where errors are. */
export const CI_LOG_MAX_BYTES = 4 * 1024 * 1024;
/** A page that is fetched for an agent, before it is text; and the text. */
export const WEB_PAGE_MAX_BYTES = 4 * 1024 * 1024;
export const WEB_TEXT_MAX_CHARS = 1024 * 1024;
export const WEB_REDIRECTS_MAX = 5;
/** Activity of one task's agents that is kept: beyond, the oldest goes, and a marker says how much. */
export const ACTIVITY_MAX_BYTES = 16 * 1024 * 1024;
/** Entries of agents' activity on one page of it; on a task's page are the newest few. */
export const PAGE_ACTIVITY_ENTRIES = 40;
/** Entries of activity that are looked through for one page of those of a kind. */
export const PAGE_ACTIVITY_LOOKED_MAX = 2_000;
/** Of what people wanted of an agent, the newest on a page. */
export const PAGE_COMMANDS = 8;
/** A form with a message: its bytes are up to three in a form's encoding. */
export const AGENT_FORM_MAX_BYTES = 3 * 200 * 1024 + 4_096;
/** A form with a document of the library, in a form's encoding. */
export const DOCUMENT_FORM_MAX_BYTES = 3 * 512 * 1024 + 4_096;
/** What one entry shows of a text; the API has it whole. */
export const PAGE_ACTIVITY_TEXT_MAX_CHARS = 6_000;
/** Deliveries with messages that are looked through for how an agent's newest messages are. */
export const ACTIVITY_FACT_ROWS = 50;
/** Whoever presses keys again within this time goes on typing; after it, that they type is told anew. */
export const TYPING_PAUSE_MS = 10 * 60_000;
/** Requests of one job that wait for a person at once: each is a question to somebody. */
export const HELD_REQUESTS_MAX = 16;
/** Questions of one run that wait for a person at once, and in all: more are a loop, which people do not end by answering. */
export const RUN_QUESTIONS_OPEN_MAX = 16;
export const RUN_QUESTIONS_MAX = 200;
/** Questions that are remembered in a project after the end of their run; an answer may have 32,000 characters. */
export const RUN_QUESTIONS_KEPT = 2_000;
/** What is kept of a held request's body and URL: enough to judge it by; its digest binds the rest. */
export const APPROVAL_PREVIEW_MAX_CHARS = 2_000;
export const APPROVAL_URL_SHOWN_MAX_CHARS = 1_000;
/** A live session is forgotten, with its files, so long after anything was heard of it. */
export const LIVE_SESSION_LIFE_MS = 30 * 24 * 3_600_000;
/** Lines of a timeline that one session may write: some subagents and questions; a person reads no more. */
export const LIVE_NOTES_MAX = 200;
/** How often it is written, and its queue told, that an agent is active: at most that much too early it counts as silent. */
export const LIVE_ACTIVE_WRITE_MS = 5_000;
export const LIVE_ACTIVE_TELL_MS = 15_000;
/** One delivery of telemetry, as sent and unpacked; jobs that it may name: a runner holds no more. */
export const TELEMETRY_MAX_BYTES = 4 * 1024 * 1024;
export const TELEMETRY_JOBS_MAX = 100;
/** Which project has a tag: so many are known by one instance; one that nobody has is asked for again after so long. */
export const TOKEN_PLACES_KNOWN_MAX = 10_000;
export const TOKEN_PLACE_AGAIN_MS = 5_000;
/** A reply of an agent in a chat, and what the timeline has of it; so many replies of a run are there. */
export const CHAT_REPLY_MAX_CHARS = 64 * 1024;
export const CHAT_REPLY_SHOWN_MAX_CHARS = 2_000;
export const CHAT_REPLIES_MAX = 500;
/** How often a chat channel looks whether its run is still under way. */
export const CHAT_LOOK_MS = 30_000;
/** Completions that people wait for at one job; the silence after which nobody waits on: a model may think for a while. */
export const CHAT_ASKED_MAX = 16;
export const CHAT_SILENCE_MS = 120_000;
/** An answer that is not a stream; of a stream, what its reader has not taken yet. */
export const CHAT_ANSWER_MAX_BYTES = 4 * 1024 * 1024;
export const CHAT_UNREAD_MAX_BYTES = 1024 * 1024;
/** While helpers of an agent work its own silence counts a third; an agent compacts its memory for so long at most. */
export const LIVE_SUBAGENT_PATIENCE = 3;
export const LIVE_COMPACT_MAX_MS = 5 * 60_000;
/** A broadcaster's output is written together so often, and so much of it waits at most: then the socket is closed. */
export const LIVE_OUTPUT_WRITE_MS = 250;
export const LIVE_OUTPUT_WAITING_MAX_BYTES = 4 * 1024 * 1024;
/** A workspace as a zip, one picture or recording, and the memory of an agent: each is one object in R2. */
export const WORKSPACE_ARCHIVE_MAX_BYTES = 50 * 1000 * 1000;
export const MEDIA_MAX_BYTES = 20 * 1000 * 1000;
export const AGENT_MEMORY_MAX_BYTES = 50 * 1000 * 1000;
/** Files beside one task's card, and the bytes of one: a screenshot, a plan, a log; what is larger is a repository's. */
export const TASK_ASSETS_MAX = 20;
export const TASK_ASSET_MAX_BYTES = 10 * 1024 * 1024;
/** How often one may be put into a task: what was replaced keeps its bytes, and all of them are a gigabyte. */
export const TASK_ASSET_PUTS_MAX = 100;

/** What an agent says of its waiting, on the board and in its ask: its first sentences; all of it is on the page of its run. */
export const AGENT_SAYS_MAX_CHARS = 500;
/** Asks about one run's agent: one that waits again and again is a fault that more notices do not end. The board shows it. */
export const AGENT_WAIT_ASKS_MAX = 20;
/** A transcript of a session: bytes of one call, what of all of it the activity log gets, and of one text. */
export const LIVE_SYNC_MAX_BYTES = 16 * 1024 * 1024;
export const LIVE_SYNC_KEPT_MAX = 5_000;
export const LIVE_SYNC_TEXT_MAX_CHARS = 8_000;
/** A screen as text with its colours. */
export const LIVE_SNAPSHOT_MAX_BYTES = 1024 * 1024;
/** Sockets of one session on which viewers of the reference would talk: an operator has one, and one that it redials. */
export const LIVE_VIEWERS_MAX = 4;
/** Questions of a session that are kept, and what of them; how long an operator waits for a permission by itself. */
export const LIVE_QUESTIONS_MAX = 16;
export const LIVE_QUESTION_MAX_CHARS = 2_000;
export const LIVE_OPTIONS_MAX = 20;
export const LIVE_VOTE_MS = 30_000;
