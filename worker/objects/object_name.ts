/** The name an object was made with. Kept in its storage as well, since an alarm may wake it without one. */
const NAME_KEY = "object_name";

/** Reads the object's name, e.g. `owner/project`. Throws for an object that was reached by id and never by name. */
export function objectName(ctx: DurableObjectState): string {
  const given = ctx.id.name;
  const kept = ctx.storage.kv.get<string>(NAME_KEY);
  if (given !== undefined && kept === undefined) ctx.storage.kv.put(NAME_KEY, given);
  const name = given ?? kept;
  if (name === undefined) {
    throw new Error("Cannot open object as it must be addressed by name: current value is an id");
  }
  return name;
}
