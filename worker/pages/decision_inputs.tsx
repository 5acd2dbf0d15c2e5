/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The fields of an answer, from the ask's schema; what was typed stands in them again when it did not fit. */
import { type DecisionField, type DecisionForm, FIELD_PREFIX, JSON_FIELD } from "./decision_fields.ts";

export interface DecisionInputsProps {
  readonly form: DecisionForm;
  readonly schema: unknown;
  readonly typed: Readonly<Record<string, string>>;
}

export function DecisionInputs({ form, schema, typed }: DecisionInputsProps) {
  if (form.kind === "json") {
    return (
      <div>
        <label for="out">
          Answer, as JSON {schema === null ? null : <span class="soft small">(must fit the schema)</span>}
        </label>
        <textarea id="out" name={JSON_FIELD} rows={5} class="mono" spellcheck={false} required>
          {typed[JSON_FIELD] ?? ""}
        </textarea>
        {schema === null || schema === undefined ? null : (
          <details id="schema">
            <summary>The schema</summary>
            <pre class="text mono">{JSON.stringify(schema, null, 2)}</pre>
          </details>
        )}
      </div>
    );
  }
  return (
    <>
      {form.fields.map((field) => (
        <Field key={field.name} field={field} typed={typed[FIELD_PREFIX + field.name]} />
      ))}
    </>
  );
}

function Field({ field, typed }: { readonly field: DecisionField; readonly typed: string | undefined }) {
  const id = `field-${field.name}`;
  const named = {
    id,
    name: FIELD_PREFIX + field.name,
    "aria-describedby": field.help === null ? undefined : `${id}-help`,
  };
  const help = field.help === null ? null : <p id={`${id}-help`} class="soft small">{field.help}</p>;
  if (field.kind === "boolean") {
    return (
      <div>
        <label class="check" for={id}>
          <input {...named} type="checkbox" value="yes" checked={typed !== undefined && typed !== ""} />{" "}
          {field.label}
        </label>
        {help}
      </div>
    );
  }
  const required = field.isRequired;
  return (
    <div>
      <label for={id}>
        {field.label} {required ? null : <span class="soft small">(may be left out)</span>}
      </label>
      {field.kind === "choice"
        ? (
          <select {...named} required={required}>
            <option value=""></option>
            {field.options.map((option) => (
              <option key={String(option)} value={String(option)} selected={String(option) === typed}>
                {String(option)}
              </option>
            ))}
          </select>
        )
        : field.kind === "number"
        ? (
          <input
            {...named}
            type="number"
            inputmode={field.isWhole ? "numeric" : "decimal"}
            step={field.isWhole ? "1" : "any"}
            min={field.least ?? undefined}
            max={field.most ?? undefined}
            required={required}
            value={typed ?? ""}
          />
        )
        : field.isLong
        ? (
          <textarea {...named} rows={3} maxlength={field.maxLength ?? undefined} required={required}>
            {typed ?? ""}
          </textarea>
        )
        : (
          <input
            {...named}
            maxlength={field.maxLength ?? undefined}
            required={required}
            value={typed ?? ""}
          />
        )}
      {help}
    </div>
  );
}
