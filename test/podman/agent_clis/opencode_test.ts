import { testCli } from "./matrix.ts";

testCli("opencode");
