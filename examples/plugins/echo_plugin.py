#!/usr/bin/env python3
"""A sample plugin for pipelines: answers a prompt with itself, and shows every part of the protocol.

One JSON-RPC 2.0 message a line, on standard input and output. Python's standard library only.
A prompt that holds "permission" asks for leave first; one that holds "fail" is refused.
"""
import json
import os
import sys


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def notify(method, **params):
    send({"method": method, "params": params})


def receive():
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def ask_permission():
    notify(
        "stream/permission_request",
        display_name="Echo",
        display_detail="say it again",
        tool_input={"what": "the prompt"},
    )
    answer = receive()
    return answer is not None and answer["params"].get("allow") is True


def invoke(request):
    params = request["params"]
    prompt = params["prompt"]
    if "fail" in prompt:
        send({"id": request["id"], "error": {"code": -32001, "message": "the model is not there"}})
        return
    notify("stream/thinking", text="what did they say?")
    if "permission" in prompt and not ask_permission():
        prompt = "I was not allowed to"
    notify("stream/delta", text=prompt)
    words = [os.environ.get("ECHO_PREFIX", ""), *params.get("append_system_prompt", []), prompt]
    result = {
        "response": " ".join(word for word in words if word),
        "session_id": params.get("session_id", "echo-1"),
        "cost_usd": 0.0,
        "input_tokens": len(prompt.split()),
        "output_tokens": len(prompt.split()),
        "tool_events": [],
    }
    send({"id": request["id"], "result": result})


def main():
    while (request := receive()) is not None:
        method = request.get("method")
        if method == "initialize":
            capabilities = {
                "streaming": True,
                "session_resume": True,
                "tool_events": False,
                "permission_requests": True,
            }
            result = {"name": "echo", "version": "1.0", "protocol_version": "1", "capabilities": capabilities}
            send({"id": request["id"], "result": result})
        elif method == "invoke":
            invoke(request)
        elif method == "shutdown":
            send({"id": request["id"], "result": {}})
            return


main()
