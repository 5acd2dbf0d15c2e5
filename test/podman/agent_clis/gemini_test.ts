import { testCli } from "./matrix.ts";

testCli("gemini");
