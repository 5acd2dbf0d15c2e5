/** The last word of `init.sh` when the sandbox's memory was full; conmon sees that on some cgroup layouts only. */

const NOTE = "shopfloor init: the command was killed as the memory of the sandbox was full";
/** The note with its time stamp, and some room. */
const TAIL_BYTES = 256;

/** True when the log ends with the note. An agent that fakes it only calls its own exit 137 by another name. */
export async function endsWithMemoryNote(logPath: string): Promise<boolean> {
  using file = await Deno.open(logPath);
  const { size: sizeBytes } = await file.stat();
  await file.seek(Math.max(0, sizeBytes - TAIL_BYTES), Deno.SeekMode.Start);
  const tail = await new Response(file.readable).text();
  return tail.trimEnd().endsWith(` stderr F ${NOTE}`);
}
