/**
 * Programs beside the command of a Podman container: to an end (`exec`), or on a terminal (`openTerminal`).
 *
 * - E1 They run as the container's user with its namespaces, capabilities (none) and environment.
 * - E2 Podman cannot end what it has begun so: after its time a program is killed by its pid on this host, and only while that
 *   pid is in the container's pid namespace. runc and crun make it the leader of its process group.
 */
import { EXEC_EXIT_POLL_MS, EXIT_CODE_KILLED } from "../limits.ts";
import type { Clock, ExecRequest, ExecResult, Terminal, TerminalSize } from "../ports.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import { type PodmanClient, unexpectedReply } from "./podman_client.ts";
import { openRawStream, type RawStream, writeAll } from "./podman_stream.ts";
import { sendSignal } from "./process_start.ts";
import { StdcopyDecoder } from "./stdcopy.ts";

/** Runs a program to its end. */
export async function podmanExec(
  podman: PodmanClient,
  clock: Clock,
  containerId: string,
  request: ExecRequest,
): Promise<ExecResult> {
  const execId = await createExec(podman, containerId, request.argv, {
    AttachStdin: request.stdin !== undefined,
    Tty: false,
    Env: Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(request.workDir === undefined ? {} : { WorkingDir: request.workDir }),
  });
  const stream = await openRawStream(podman.socketPath, `/exec/${execId}/start`, {
    Detach: false,
    Tty: false,
  });
  const output = { stdout: new BoundedBytes(request.maxBytes), stderr: new BoundedBytes(request.maxBytes) };
  const decoder = new StdcopyDecoder((name, bytes) => output[name].push(bytes));
  const over = new AbortController();
  let timedOut = false;
  const timer = clock.sleep(request.timeoutMs, over.signal).then(async () => {
    timedOut = true;
    await killExec(podman, containerId, execId);
    // What it started in another group may still hold the stream.
    stream.conn.close();
  }, () => null);
  try {
    const input = feed(stream.conn, request.stdin);
    await drain(stream, (bytes) => decoder.push(bytes)).catch((error) => {
      if (!timedOut) throw error;
    });
    await input;
  } finally {
    over.abort();
    await timer;
    closeQuietly(stream.conn);
  }
  const exitCode = timedOut ? EXIT_CODE_KILLED : await exitCodeOf(podman, clock, execId);
  return { exitCode, stdout: output.stdout.bytes(), stderr: output.stderr.bytes(), timedOut };
}

/** Runs a program on a terminal. */
export async function podmanTerminal(
  podman: PodmanClient,
  clock: Clock,
  containerId: string,
  argv: readonly string[],
  size: TerminalSize,
): Promise<Terminal> {
  const execId = await createExec(podman, containerId, argv, {
    AttachStdin: true,
    Tty: true,
    Env: ["TERM=xterm-256color"],
  });
  const { conn, early } = await openRawStream(podman.socketPath, `/exec/${execId}/start`, {
    Detach: false,
    Tty: true,
    h: size.rows,
    w: size.cols,
  });
  const ended = Promise.withResolvers<void>();
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      if (early.length > 0) controller.enqueue(early);
    },
    async pull(controller) {
      const buffer = new Uint8Array(16 * 1024);
      const n = await conn.read(buffer).catch(() => null); // closed by us, or by a Podman that is gone: over either way
      if (n !== null) return controller.enqueue(buffer.subarray(0, n));
      ended.resolve();
      closeQuietly(conn);
      controller.close();
    },
    cancel() {
      ended.resolve();
      closeQuietly(conn);
    },
  });
  const resize = async ({ cols, rows }: TerminalSize) => {
    const reply = await podman.request("POST", `/exec/${execId}/resize?h=${rows}&w=${cols}`);
    // 404, 409, 500: it has ended meanwhile, and has no size.
    if (reply.status < 300 || await exitCodeNow(podman, execId) !== null) return;
    throw unexpectedReply("resize the terminal", reply);
  };
  return {
    readable,
    writable: new WritableStream({ write: (bytes) => writeAll(conn, bytes) }),
    resize,
    exitCode: ended.promise.then(() => exitCodeOf(podman, clock, execId)),
    close: () => closeQuietly(conn),
  };
}

async function createExec(
  podman: PodmanClient,
  containerId: string,
  argv: readonly string[],
  options: Record<string, unknown>,
): Promise<string> {
  const reply = await podman.request("POST", `/containers/${containerId}/exec`, {
    body: { Cmd: argv, AttachStdout: true, AttachStderr: true, ...options },
  });
  if (reply.status === 201) return reply.body.Id;
  throw unexpectedReply("run a program in the container", reply);
}

async function feed(conn: Deno.UnixConn, stdin: Uint8Array | undefined): Promise<void> {
  if (stdin === undefined) return;
  try {
    await writeAll(conn, stdin);
    await conn.closeWrite();
  } catch (error) {
    // The program ended without reading all of it.
    const isGone = error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BadResource || error instanceof Deno.errors.NotConnected;
    if (!isGone) throw error;
  }
}

async function drain({ conn, early }: RawStream, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  onBytes(early);
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const n = await conn.read(buffer);
    if (n === null) return;
    onBytes(buffer.subarray(0, n));
  }
}

/** The stream may end a moment before Podman has noted the exit code. */
async function exitCodeOf(podman: PodmanClient, clock: Clock, execId: string): Promise<number> {
  for (;;) {
    const exitCode = await exitCodeNow(podman, execId);
    if (exitCode !== null) return exitCode;
    await clock.sleep(EXEC_EXIT_POLL_MS);
  }
}

/** Null while it runs. A session that Podman no longer knows went with its container, which was killed. */
async function exitCodeNow(podman: PodmanClient, execId: string): Promise<number | null> {
  const reply = await podman.request("GET", `/exec/${execId}/json`);
  if (reply.status === 404) return EXIT_CODE_KILLED;
  if (reply.status !== 200) throw unexpectedReply("ask how a program ended", reply);
  return reply.body.Running === true ? null : reply.body.ExitCode;
}

/** E2. */
async function killExec(podman: PodmanClient, containerId: string, execId: string): Promise<void> {
  const [session, container] = await Promise.all([
    podman.request("GET", `/exec/${execId}/json`),
    podman.request("GET", `/containers/${containerId}/json`),
  ]);
  const pid = Number(session.body?.Pid ?? 0);
  const init = Number(container.body?.State?.Pid ?? 0);
  if (session.body?.Running !== true || pid <= 0 || init <= 0) return;
  const [own, theirs] = await Promise.all([namespaceOf(pid), namespaceOf(init)]);
  if (own !== null && own === theirs) sendSignal(-pid, "SIGKILL");
}

async function namespaceOf(pid: number): Promise<string | null> {
  return await Deno.readLink(`/proc/${pid}/ns/pid`).catch(() => null);
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // closed already
  }
}
