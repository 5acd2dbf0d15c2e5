/**
 * Documents of a project whose gates are answered by a link alone, for whoever has it: right for a demonstration and for
 * tests, as nobody has to sign in. Without documents a link takes a person who is signed in.
 */
export const BARE_LINK_DOCUMENTS = {
  policies: [{ name: "bare-link", auth: "token" }],
  gates: [{ line: "*", gate: "*", policy: "bare-link" }],
} as const;

/** The body of `PUT .../people`; documents that are there already stay. */
export const BARE_LINK_BODY = { documents: BARE_LINK_DOCUMENTS, expectedVersion: 0 } as const;
