import { testCli } from "./matrix.ts";

testCli("claude");
