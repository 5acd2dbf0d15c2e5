/** What a station adds to the prompts of its agent's sub-agents (Line 2.7, 10.2). Pure. */
import type { AgentDefinition } from "../../protocol/line/runner.ts";

/** The text, from the job or, with lines of ours, from the station's `operatorConfig`; null: none. */
export function subagentPromptAppendix(work: AgentDefinition): string | null {
  const told = work.subagentPromptAppendix ?? work.operatorConfig["subagentPromptAppendix"];
  return typeof told === "string" && told.trim() !== "" ? told : null;
}

/** Asks an agent to add it itself, in its system prompt: no CLI has a place for it that all its sub-agents read. */
export function subagentNote(appendix: string): string {
  return `# Sub-agents\n\nEnd the prompt of each sub-agent that you start with the text between the lines, word for word:\n\n` +
    `---\n${appendix}\n---`;
}
