/**
 * `LiveSession`: one live session of the reference's operator, a Durable Object named by the session's id (Line 4.2, 4.3).
 * Its calls name no project: this object knows whose it is, once somebody who proved it has linked it.
 *
 * Owns: one record and the prompts in its key-value part, the sockets of its broadcasters, and the files below
 * `lives/{sessionId}/` in R2. What matters of it is the queue's: the link, the end, the activity of the run.
 *
 * Invariants
 * 1. A session belongs to the project that linked it first; to nobody before: then nothing is stored.
 * 2. (O4) What is in memory alone is some seconds of activity.
 * 3. (O3) One alarm, once it was linked: when nothing was heard for a month everything is deleted.
 */
import { DurableObject } from "cloudflare:workers";
import type { ActivityAnswer, LiveQuestion, SessionMetadata } from "../../protocol/line/live.ts";
import { ok, type Result } from "../../protocol/result.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import { type AnswerError, withAnswer } from "../domain/live_question.ts";
import {
  activityOf,
  boundSession,
  frameEvent,
  heardEvent,
  type LiveSession as Session,
} from "../domain/live_session.ts";
import type { LiveSessionApi, SessionHome, SessionPlace } from "../domain/session_api.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { Env } from "../env.ts";
import { LIVE_ACTIVE_TELL_MS, LIVE_ACTIVE_WRITE_MS, LIVE_SESSION_LIFE_MS } from "../limits.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { bindBroadcast } from "./live_broadcast.ts";
import { deleteLiveFiles } from "./live_files.ts";
import { createLiveOutput, type LiveOutput, type OutputOf } from "./live_output.ts";
import { keepTranscript } from "./live_transcript_intake.ts";
import { acceptViewer, isViewer } from "./live_viewer_sockets.ts";
import { objectName } from "./object_name.ts";

const SESSION_KEY = "session";
const PROMPTS_KEY = "prompts";
/** The first byte of a frame of terminal output. */
const OUTPUT_FRAME = 0x30;
const CLOSE_OVER = 4000;
const CLOSE_TOO_MUCH = 4001;

type Prompts = Parameters<LiveSessionApi["setPrompts"]>[0];

/** See the file's header. */
export class LiveSession extends DurableObject<Env> implements LiveSessionApi {
  readonly #clock: ObjectClock;
  #session: Session | null;
  #writtenAtMs = 0;
  #toldAtMs = 0;
  #outputs = new Map<string, LiveOutput>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    this.#session = ctx.storage.kv.get<Session>(SESSION_KEY) ?? null;
  }

  async home(): Promise<SessionHome | null> {
    if (this.#session === null) return await Promise.resolve(null);
    const { owner, project, taskId } = this.#session;
    return { owner, project, taskId };
  }

  async bind(home: SessionHome & { readonly broadcastId: string | null }): Promise<boolean> {
    const known = this.#session;
    if (known !== null && (known.owner !== home.owner || known.project !== home.project)) return false;
    objectName(this.ctx);
    this.#put(boundSession(known, home, this.#clock.nowMs()));
    await this.#arm();
    // By its broadcast's name the reference's address of a viewer is found.
    const { broadcastId } = home;
    if (broadcastId !== null && broadcastId !== known?.broadcastId) {
      await bindBroadcast(this.env, { ...home, broadcastId });
    }
    return true;
  }

  async started() {
    const { agentSessionId = null, project = null, workspace = null, boundAtMs = null } = this.#session ?? {};
    const startedAt = boundAtMs === null ? null : Math.floor(boundAtMs / 1_000);
    return await Promise.resolve({ claudeSessionId: agentSessionId, project, workspace, startedAt });
  }

  async hear(event: SessionMetadata): Promise<boolean> {
    if (this.#session === null) return false;
    const nowMs = this.#clock.nowMs();
    const before = this.#session;
    const { session, isActive, note } = heardEvent(before, event, nowMs);
    const { activeAtMs: _, ...rest } = session;
    const isNews = Object.entries(rest).some(([key, value]) => value !== before[key as keyof Session]);
    this.#keep(session, isNews);
    const isOther = session.agentSessionId !== before.agentSessionId;
    const agentSessionId = isOther ? session.agentSessionId : null;
    if (isActive || note !== null || isOther) await this.#tell(isActive ? 0 : null, note, agentSessionId);
    return true;
  }

  async sync(lines: readonly string[], of: OutputOf): Promise<number> {
    const known = this.#session?.transcript;
    if (this.#session === null) return 0;
    const transcript = await keepTranscript(this.#log(), of, lines, known);
    if (transcript !== undefined) this.#put({ ...this.#session, transcript });
    return (transcript?.kept ?? 0) - (known?.kept ?? 0);
  }

  async questions(): Promise<readonly LiveQuestion[]> {
    return await Promise.resolve(this.#session?.questions ?? []);
  }

  async answer(
    questionId: string,
    answers: readonly string[],
    by: string,
  ): Promise<Result<null, AnswerError>> {
    const answered = withAnswer(this.#session?.questions ?? [], questionId, answers);
    if (!answered.ok) return await Promise.resolve(answered);
    this.#put({ ...this.#session!, questions: answered.value });
    await this.#tell(null, `question_answered ${by}`);
    return ok(null);
  }

  async stir(): Promise<void> {
    if (this.#session !== null) this.#keep({ ...this.#session, activeAtMs: this.#clock.nowMs() }, false);
    await Promise.resolve();
  }

  async activity(idleThresholdMs: number): Promise<ActivityAnswer | null> {
    if (this.#session === null) return null;
    const nowMs = this.#clock.nowMs();
    const answer = activityOf(this.#session, idleThresholdMs, nowMs);
    // What is patience here must be patience there: the queue has a clock of its own for silence.
    const isPatient = this.#session.subagents > 0 || nowMs < this.#session.compactUntilMs;
    if (answer.isActive && isPatient) await this.#tell(0, null);
    return answer;
  }

  async setPrompts(prompts: Prompts): Promise<void> {
    if (this.#session !== null) this.ctx.storage.kv.put(PROMPTS_KEY, prompts);
    await Promise.resolve();
  }

  async prompts(): Promise<Prompts> {
    const none = { taskPrompt: null, systemPrompt: null };
    return await Promise.resolve(this.ctx.storage.kv.get<Prompts>(PROMPTS_KEY) ?? none);
  }

  /** A broadcaster joins: `?run=...&station=...`, proven by the route. */
  override async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    if (query.has("viewer")) return acceptViewer(this.ctx);
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ runId: query.get("run") ?? "", stationId: query.get("station") ?? "" });
    return await Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (isViewer(this.ctx, socket)) return;
    if (this.#session === null) return socket.close(CLOSE_OVER, "nobody has linked this session");
    if (typeof message === "string") {
      const event = frameEvent(message, objectName(this.ctx));
      if (event !== null) await this.hear(event);
      return;
    }
    const bytes = new Uint8Array(message);
    if (bytes[0] !== OUTPUT_FRAME || bytes.length === 1) return;
    if (!this.#outputOf(socket).add(bytes.subarray(1))) {
      return socket.close(CLOSE_TOO_MUCH, "more output than can be written");
    }
    this.#keep({ ...this.#session, activeAtMs: this.#clock.nowMs() }, false);
    const place = await this.#tell(0, null);
    if (place?.isOver) socket.close(CLOSE_OVER, "the run is over");
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 stand for "no code" and may not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async alarm(): Promise<void> {
    const session = this.#session;
    if (session !== null && this.#clock.nowMs() < session.activeAtMs + LIVE_SESSION_LIFE_MS) {
      return await this.#arm();
    }
    await deleteLiveFiles(this.env.BLOBS, objectName(this.ctx));
    this.#session = null;
    await this.ctx.storage.deleteAll();
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.alarm();
  }

  #outputOf(socket: WebSocket): LiveOutput {
    const { runId, stationId } = socket.deserializeAttachment() as { runId: string; stationId: string };
    const known = this.#outputs.get(runId);
    if (known !== undefined) return known;
    const output = createLiveOutput(this.#log(), { runId, stationId });
    this.#outputs.set(runId, output);
    return output;
  }

  #log(): TaskLogApi {
    const { owner, project, taskId } = this.#session!;
    return this.env.TASK_LOG.getByName(`${owner}/${project}/${taskId}`) as unknown as TaskLogApi;
  }

  /** Tells the queue: activity seldom, everything else at once. */
  async #tell(
    idleMs: number | null,
    note: string | null,
    agentSessionId: string | null = null,
  ): Promise<SessionPlace | null> {
    const nowMs = this.#clock.nowMs();
    if (note === null && agentSessionId === null && nowMs - this.#toldAtMs < LIVE_ACTIVE_TELL_MS) return null;
    this.#toldAtMs = nowMs;
    const { owner, project, taskId } = this.#session!;
    const queue = this.env.JOB_QUEUE.getByName(`${owner}/${project}`) as unknown as JobQueueApi;
    const told = await queue.tellSession({
      taskId,
      sessionId: objectName(this.ctx),
      idleMs,
      end: null,
      agentSessionId,
      note,
    });
    return told.ok ? told.value : null;
  }

  #keep(session: Session, isNews: boolean): void {
    this.#session = session;
    if (isNews || session.activeAtMs - this.#writtenAtMs >= LIVE_ACTIVE_WRITE_MS) this.#put(session);
  }

  #put(session: Session): void {
    this.#session = session;
    this.#writtenAtMs = session.activeAtMs;
    this.ctx.storage.kv.put(SESSION_KEY, session);
  }

  async #arm(): Promise<void> {
    const dueMs = (this.#session?.activeAtMs ?? this.#clock.nowMs()) + LIVE_SESSION_LIFE_MS;
    await this.ctx.storage.setAlarm(this.#clock.toPlatformMs(dueMs));
  }
}
