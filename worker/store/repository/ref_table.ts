/** Refs, and which task the repository belongs to, in the object's SQLite through drizzle. */
import { asc, eq } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { refs, repository } from "./schema.ts";

export interface RepositoryRow {
  readonly taskId: string;
  readonly createdAtMs: number;
  /** What HEAD names. */
  readonly headRef: string;
  /** True from the first push that may have left objects behind which no ref reaches. */
  readonly hasOrphans: boolean;
}

export interface RefRow {
  readonly name: string;
  readonly objectId: string;
  /** What an annotated tag finally names, else the object itself; null if that was not noted. */
  readonly peeledId: string | null;
}

/** The tables `refs` and `repository`. All methods are synchronous and may be used inside a transaction. */
export class RefTable {
  constructor(private readonly db: DrizzleSqliteDODatabase) {}

  /** Undefined until the repository was created. */
  repository(): RepositoryRow | undefined {
    return this.db.select().from(repository).get();
  }

  create(row: RepositoryRow): void {
    this.db.insert(repository).values(row).run();
  }

  /** Notes that some objects may be reached by no ref from now on. */
  markOrphans(): void {
    this.db.update(repository).set({ hasOrphans: true }).run();
  }

  /** All refs, sorted by name as git sorts them (bytes). */
  list(): RefRow[] {
    return this.db.select().from(refs).orderBy(asc(refs.name)).all();
  }

  read(name: string): string | undefined {
    return this.db.select({ objectId: refs.objectId }).from(refs).where(eq(refs.name, name)).get()?.objectId;
  }

  set({ name, objectId, peeledId }: RefRow): void {
    this.db.insert(refs).values({ name, objectId, peeledId }).onConflictDoUpdate({
      target: refs.name,
      set: { objectId, peeledId },
    }).run();
  }

  remove(name: string): void {
    this.db.delete(refs).where(eq(refs.name, name)).run();
  }
}
