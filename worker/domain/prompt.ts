/** Renders a station's prompt template (Line 2.2, pick A23). */

/**
 * Replaces `{{task.title}}` and `{{task.description}}` in one pass: values are never expanded again, and unknown
 * variables stay as they are.
 *
 * @example
 * ```ts
 * renderPrompt("Do {{task.title}}", { title: "{{task.description}}", description: "x" }); // "Do {{task.description}}"
 * ```
 */
export function renderPrompt(
  template: string,
  task: { readonly title: string; readonly description: string },
): string {
  return template.replace(
    /\{\{\s*task\.(title|description)\s*\}\}/g,
    (_, field: "title" | "description") => task[field],
  );
}
