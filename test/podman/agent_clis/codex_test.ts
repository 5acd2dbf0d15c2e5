import { testCli } from "./matrix.ts";

testCli("codex");
