/**
 * OpenCode has no hooks but plugins: a file of JavaScript in its home, which hands the events that mean something to our
 * hook command, in the order in which they came, and never keeps OpenCode waiting.
 *
 * 1. Events of child sessions (subagents) are left out, except what they use of the model.
 * 2. The end of an answer or of a tool is told once, although OpenCode repeats it with every update.
 * 3. The end of a turn is told once: after an error there is no word that the session is idle.
 */

/** The text of the plugin. @param hookCommand A shell command; the event's name is appended, its JSON is on stdin. */
export function opencodePlugin(hookCommand: string): string {
  return PLUGIN.replace("HOOK_COMMAND", () => JSON.stringify(hookCommand));
}

const PLUGIN = `// Tells the runner what this session does. Written by the runner; edits are lost.
import { spawn } from "node:child_process";

const command = HOOK_COMMAND;
const TELL_MAX_MS = 10_000;
const sessions = new Set();
const children = new Set();
const told = new Set();
const lastTexts = new Map();
const over = new Set();
let queue = Promise.resolve();

function run(event, payload) {
  return new Promise((resolve) => {
    const hook = spawn("sh", ["-c", command + " " + event], { stdio: ["pipe", "ignore", "ignore"] });
    const timer = setTimeout(() => hook.kill("SIGKILL"), TELL_MAX_MS);
    const end = () => { clearTimeout(timer); resolve(); };
    hook.on("error", end);
    hook.on("close", end);
    hook.stdin.on("error", () => {});
    hook.stdin.end(JSON.stringify(payload));
  });
}

function tell(event, payload) {
  queue = queue.then(() => run(event, payload)).catch(() => {});
}

function once(key) {
  if (told.has(key)) return false;
  told.add(key);
  return true;
}

const EVENTS = {
  "session.created": ({ info }) => {
    if (info.parentID) {
      children.add(info.id);
      return;
    }
    sessions.add(info.id);
    tell("session.created", { sessionID: info.id });
  },
  "session.status": ({ sessionID, status }) => {
    const { type, message, attempt } = status;
    tell("session.status", { sessionID, status: { type, message, attempt } });
  },
  "session.idle": ({ sessionID }) => {
    if (!over.has(sessionID)) tell("session.idle", { sessionID, lastMessage: lastTexts.get(sessionID) ?? "" });
    lastTexts.delete(sessionID);
  },
  "session.error": (properties) => {
    if (properties.sessionID) over.add(properties.sessionID);
    tell("session.error", properties);
  },
  "permission.asked": (properties) => tell("permission.asked", properties),
  "question.asked": (properties) => tell("question.asked", properties),
  "message.updated": ({ sessionID, info }) => {
    if (info.role !== "assistant" || !info.time?.completed || !once(info.id)) return;
    const { id, role, tokens, cost, finish } = info;
    tell("message.updated", { sessionID, info: { id, role, tokens, cost, finish } });
  },
  "message.part.updated": ({ sessionID, part }) => {
    if (part.type === "text" && part.time?.end && once(part.id)) {
      if (sessions.has(part.sessionID)) lastTexts.set(part.sessionID, part.text);
      return;
    }
    if (part.type !== "tool") return;
    const { status, input, output, error } = part.state;
    if (status !== "completed" && status !== "error") return;
    if (!once(part.id)) return;
    tell("message.part.updated", {
      sessionID,
      part: { id: part.id, type: part.type, callID: part.callID, tool: part.tool, state: { status, input, output, error } },
    });
  },
};

export const Shopfloor = async ({ directory }) => {
  tell("plugin.init", { directory });
  return {
    event: async ({ event }) => {
      const handler = EVENTS[event.type];
      if (handler === undefined) return;
      const isOfChild = children.has(event.properties.sessionID ?? event.properties.info?.sessionID);
      if (isOfChild && event.type !== "message.updated") return;
      handler(event.properties);
    },
    "chat.message": async (input, { parts }) => {
      if (children.has(input.sessionID)) return;
      const isResumed = !sessions.has(input.sessionID);
      over.delete(input.sessionID);
      sessions.add(input.sessionID);
      tell("chat.message", {
        sessionID: input.sessionID,
        isResumed,
        messageID: input.messageID,
        parts: parts.filter((part) => part.type === "text").map(({ type, text, synthetic }) => ({ type, text, synthetic })),
      });
    },
    "experimental.text.complete": async ({ sessionID }, { text }) => {
      if (sessions.has(sessionID)) lastTexts.set(sessionID, text);
    },
    "tool.execute.before": async (input, { args }) => {
      if (children.has(input.sessionID)) return;
      tell("tool.execute.before", { sessionID: input.sessionID, callID: input.callID, tool: input.tool, args });
    },
  };
};
`;
