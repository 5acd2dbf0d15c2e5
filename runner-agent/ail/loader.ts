/** Finds and loads the pipeline of a folder, and remembers which one it was (Pipeline s03.1). */
import { dirname } from "node:path";
import type { Result } from "../../protocol/result.ts";
import type { Pipeline } from "../pipeline/ast.ts";
import { type Candidate, discoverPipeline, lastPipelinePath } from "../pipeline/discover.ts";
import type { Routine } from "../pipeline/effect.ts";
import { type Fault, fault } from "../pipeline/fault.ts";
import { loadForRun, loadPipeline, type LoadScope, passthroughPipeline } from "../pipeline/load.ts";
import type { Surroundings } from "../pipeline/run_state.ts";
import { performFiles } from "./files.ts";
import type { Host } from "./host.ts";
import { driveRoutine } from "./interpreter.ts";
import { type ProjectPaths, projectPaths } from "./project.ts";

export type Found =
  | { readonly kind: "loaded"; readonly pipeline: Pipeline }
  | { readonly kind: "passthrough"; readonly pipeline: Pipeline; readonly overlooked: readonly string[] }
  | { readonly kind: "ambiguous"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/** Finds pipelines for one command: what is read anew has the layers below it that it had. */
export class Loader {
  #found: string | null = null;

  private constructor(readonly surroundings: Surroundings, readonly paths: ProjectPaths) {}

  static async of({ cwd, home, environment }: Host): Promise<Loader> {
    return new Loader({ cwd, home, environment }, await projectPaths(cwd, home));
  }

  /**
   * @param named `--pipeline`.
   * @param choose Asks a person; null where nobody can be asked.
   */
  async find(
    named: string | null,
    choose: ((candidates: readonly Candidate[]) => Promise<Candidate | null>) | null,
  ): Promise<Found> {
    const routine = discoverPipeline(named, this.surroundings, this.paths.hash);
    const discovery = await driveRoutine(routine, performFiles);
    if (discovery.kind === "passthrough") return { ...discovery, pipeline: passthroughPipeline() };
    if (discovery.kind === "found") return await this.#load(discovery.path);
    const chosen = choose === null ? null : await choose(discovery.candidates);
    return chosen === null ? discovery : await this.#load(chosen.path);
  }

  async load(path: string): Promise<Result<Pipeline, readonly Fault[]>> {
    const loaded = await driveRoutine(loadPipeline(path, this.surroundings, this.#scope(path)), performFiles);
    if (loaded.ok) this.#remember(path);
    return loaded;
  }

  /** For pipelines that a run calls. */
  loadInRun = (path: string): Routine<Result<Pipeline, Fault>> => this.#loadInRun(path);

  *#loadInRun(path: string): Routine<Result<Pipeline, Fault>> {
    const loaded = yield* loadForRun(path, this.surroundings, this.#scope(path));
    if (loaded.ok) this.#remember(path);
    return loaded;
  }

  #scope(path: string): LoadScope {
    return { isStacked: path === this.#found, hasUserProviders: true };
  }

  async #load(path: string): Promise<Found> {
    this.#found = path;
    const loaded = await this.load(path);
    return loaded.ok ? { kind: "loaded", pipeline: loaded.value } : { kind: "faulty", faults: loaded.error };
  }

  /** Whole or not at all. Where it cannot be written the next command finds its pipeline another way. */
  #remember(path: string): void {
    const pointer = lastPipelinePath(this.surroundings.home, this.paths.hash);
    try {
      Deno.mkdirSync(dirname(pointer), { recursive: true, mode: 0o700 });
      const next = `${pointer}.${Deno.pid}`;
      Deno.writeTextFileSync(next, path);
      Deno.renameSync(next, pointer);
    } catch (error) {
      if (!(error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable)) {
        throw error;
      }
    }
  }
}

/** The name of the prompt backend of steps that name none. */
export function defaultBackendOf(environment: Readonly<Record<string, string>>): string {
  return environment["AIL_DEFAULT_RUNNER"]?.trim() || "claude";
}

/** Nothing was found, where something had to be. */
export function notFound(): Result<never, readonly Fault[]> {
  return { ok: false, error: [fault("ail:config/file-not-found", "No pipeline file found.")] };
}
