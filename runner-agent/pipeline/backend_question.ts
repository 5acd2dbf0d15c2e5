/**
 * Claude Code's questions to the person at the keyboard (`AskUserQuestion`), in one shape whatever the model made of its
 * schema: a list, one question without a list, options with previews or as bare texts, JSON within a text (Pipeline r02).
 */
import { type Fields, fieldsOf, listOf, parseJson, textOf } from "./backend_fields.ts";

export const QUESTION_TOOL = "AskUserQuestion";

export interface Questions {
  readonly questions: readonly Question[];
}

export interface Question {
  readonly header: string;
  readonly question: string;
  readonly multiSelect: boolean;
  readonly options: readonly { readonly label: string; readonly description?: string }[];
}

/** Null when there is no question in it. */
export function readQuestions(input: unknown): Questions | null {
  const fields = fieldsOf(unpacked(input));
  const list = unpacked(fields["questions"]);
  const asked = Array.isArray(list) ? list : list === undefined ? [fields] : [list];
  const questions = asked.flatMap((one) => {
    const question = readQuestion(fieldsOf(unpacked(one)));
    return question === null ? [] : [question];
  });
  return questions.length === 0 ? null : { questions };
}

function readQuestion(fields: Fields): Question | null {
  const question = textOf(fields["question"]);
  if (question === null || question.trim() === "") return null;
  const multiSelect = fields["multiSelect"];
  return {
    header: textOf(fields["header"]) ?? "",
    question,
    multiSelect: multiSelect === true || textOf(multiSelect)?.trim().toLowerCase() === "true",
    options: listOf(unpacked(fields["options"])).flatMap(readOption),
  };
}

function readOption(option: unknown): Question["options"] {
  if (typeof option === "string") return [{ label: option }];
  const fields = fieldsOf(option);
  const label = textOf(fields["label"]);
  const description = textOf(fields["description"]);
  if (label === null) return [];
  return [description === null ? { label } : { label, description }];
}

/**
 * The input with its answers, as the tool wants it back.
 *
 * @param answer One text for all questions, or a JSON object with a text for each.
 */
export function answeredInput(input: unknown, answer: string): Fields {
  const read = readQuestions(input);
  const said = parseJson(answer);
  const apart = fieldsOf(said);
  const answers = Object.fromEntries(
    (read?.questions ?? []).map(({ question }) => [question, textOf(apart[question]) ?? answer]),
  );
  const own = fieldsOf(input);
  // What the tool would not understand by itself goes back as it was understood here.
  return { ...(Array.isArray(own["questions"]) ? own : read ?? own), answers };
}

/** What a text holds when it is JSON; models send objects as texts at times. */
function unpacked(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const parsed = parseJson(value);
  return typeof parsed === "object" && parsed !== null ? parsed : value;
}
