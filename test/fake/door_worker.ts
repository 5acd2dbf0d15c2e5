/**
 * A second Worker beside the real one in tests: the door through which a test calls the real Worker's objects by RPC
 * (an object that the test process itself holds a stub of could not be evicted any more).
 *
 * `POST /{binding}/{name}/{method}` calls a method with the arguments in the body and answers `{"result"}`.
 */
interface Namespace {
  getByName(name: string): unknown;
}

export default {
  async fetch(request: Request, env: Readonly<Record<string, Namespace>>): Promise<Response> {
    const [, binding = "", name = "", method = ""] = new URL(request.url).pathname.split("/").map(
      decodeURIComponent,
    );
    const args = await request.json() as unknown[];
    const stub = env[binding]!.getByName(name) as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    return Response.json({ result: await stub[method]!(...args) ?? null });
  },
};
