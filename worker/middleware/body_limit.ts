/** Refuses a body that is too large before it is read, and while it is read when its length was not said. */
import { bodyLimit as honoBodyLimit } from "hono/body-limit";
import { refusal, refusalResponse } from "../errors.ts";

/** Limits the body of a route, in bytes. */
export function bodyLimit(maxBytes: number) {
  return honoBodyLimit({
    maxSize: maxBytes,
    onError: () =>
      refusalResponse(
        refusal(413, "body_too_large", `Cannot read the body as it must be at most ${maxBytes} bytes`, {
          maxBytes,
        }),
      ),
  });
}
