/** Names of branches that cannot live together, and whose a branch is (Runtime 1.3). Pure. */

/**
 * The branch that keeps `branch` from being made: git keeps refs like files, so `a` and `a/b` exclude each other. The same
 * name is no obstacle here.
 */
export function branchInTheWay(branch: string, existing: Iterable<string>): string | null {
  for (const other of existing) {
    if (other.startsWith(`${branch}/`) || branch.startsWith(`${other}/`)) return other;
  }
  return null;
}

/** Is `branch` what `form` makes of this task? */
export function isNamedBy(form: string, taskId: string, branch: string): boolean {
  return form.replaceAll("{taskId}", () => taskId) === branch;
}
