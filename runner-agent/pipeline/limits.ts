/** Bounds of the pipeline language, each with its reason. */

/** A pipeline file in characters: three times the largest that anybody keeps in a repository by hand. */
export const FILE_MAX_CHARS = 1_000_000;
/** Nesting of YAML: the deepest loop that is allowed needs 40. */
export const YAML_DEPTH_MAX = 64;
/** Values of a file after its aliases are put in: a thousand steps have 20,000; "billion laughs" has more. */
export const YAML_NODES_MAX = 200_000;
/** Lines, commas and colons of a file: a thousand steps have 20,000; the YAML library needs up to 15 us for each. */
export const YAML_SEPARATORS_MAX = 60_000;
/** Steps of one plan, with the bodies of loops and the calls that are put in: twenty times the largest that runs in a day. */
export const STEPS_MAX = 20_000;
/** Files of loop bodies that one load reads, each as often as it is named from another file. */
export const BODY_FILES_MAX = 256;
/** Timeouts, in ms: what a timer can hold (24.8 days), in whole seconds. */
export const TIMEOUT_MAX_MS = 2_147_483_000;
/** Files of one FROM chain. */
export const INHERIT_DEPTH_MAX = 32;
/** Pipelines that call each other (Pipeline s09). */
export const CALL_DEPTH_MAX = 16;
/** Loops in loops, of both kinds (Pipeline s27). */
export const LOOP_DEPTH_MAX = 8;
/** Times a run reads its own file anew (Pipeline 3.4). */
export const RELOADS_MAX = 16;
/** Faults of one file that are told: nobody reads more at once. */
export const FAULTS_MAX = 100;
/** A prompt as one argument of a program: Linux allows 128 KiB with the byte at its end. */
export const ARGUMENT_MAX_BYTES = 131_000;
/** An argument of a tool as people see it in a permission request (Pipeline r02). */
export const DETAIL_VALUE_MAX_CHARS = 100;
/** What a server says of its refusal, in a fault: a page of HTML helps nobody. */
export const REFUSAL_MAX_CHARS = 2_000;
/** Tokens of an answer where nothing is said and the server wants a number. */
export const ANSWER_TOKENS = 8_192;
/** One line that a backend's program prints: a tool's result with a large file in it, as JSON. */
export const OUTPUT_LINE_MAX_BYTES = 16 * 1_048_576;
/** All that a backend's program prints in one call: a day of an agent that tells every word. */
export const OUTPUT_MAX_BYTES = 256 * 1_048_576;
