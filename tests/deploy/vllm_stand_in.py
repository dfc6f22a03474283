"""A program that takes `serve FOLDER --port N …` as vLLM does, and answers in capitals."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Streams words; "slow" takes long, "refuse" is refused, "die" ends the program."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        ready = time.monotonic() - STARTED > float(os.environ.get("STAND_IN_LOADS", "0.3"))
        self.send_response(200 if ready else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        chat = "messages" in body
        text = body["messages"][-1]["content"] if chat else body["prompt"]
        with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
            print(json.dumps({"path": self.path, **body}), file=log)
        if self.headers["authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._whole(401, {"error": {"message": "no"}})
        elif text == "refuse":
            self._whole(400, {"error": {"message": "This model's context is 100 tokens."}})
        elif text == "die":
            os._exit(3)
        else:
            self._stream(text, chat)

    def _whole(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, text, chat):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        words = text.upper().split()
        for number, word in enumerate(words):
            piece = f" {word}" if number else word
            choice = {"delta": {"content": piece}} if chat else {"text": piece}
            self._event({"choices": [{"index": 0, "finish_reason": None, **choice}]})
            if words[0] == "SLOW":
                time.sleep(0.3)
        self._event({"choices": [{"index": 0, "finish_reason": "length", "text": ""}]})
        usage = {"prompt_tokens": 7, "completion_tokens": len(words)}
        self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, event):
        try:
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        except BrokenPipeError:
            with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
                print(json.dumps({"left": True}), file=log)
            raise SystemExit from None

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    STARTED = time.monotonic()
    if os.environ.get("STAND_IN_FAILS"):
        sys.exit(5)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
        print(json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:]}), file=log)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
