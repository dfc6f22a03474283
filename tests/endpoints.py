"""OpenAI-compatible servers on a free port: one that does as a script says, one with a model."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def reply(text, usage=True):
    """A chat completion as the API's reference has it."""
    body = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "tiny",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
    }  # fmt: skip
    if usage:
        body["usage"] = {"prompt_tokens": 7, "completion_tokens": len(text.split()),
                         "total_tokens": 7 + len(text.split())}  # fmt: skip
    return 200, {"Content-Type": "application/json"}, json.dumps(body)


def fault(status, words="no", headers=None, **more):
    """An error as the API has it."""
    body = json.dumps({"error": {"message": words, **more}})
    return status, {"Content-Type": "application/json", **(headers or {})}, body


HTML = (200, {"Content-Type": "text/html"}, "<!DOCTYPE html><h1>It works</h1>")
HALF = (200, {"Content-Type": "application/json"}, '{"choices": [{"mess')
SHAPELESS = (200, {"Content-Type": "application/json"}, '{"choices": []}')
IMAGE = "![x](http://evil.example/steal.png) <b>=1+1</b>"


class Server:
    """What was asked, and where to ask."""

    def __init__(self, url):
        self.url, self.asked, self.headers, self.paths, self.at = url, [], [], [], []

    @property
    def questions(self):
        """The last message of each request."""
        return [body["messages"][-1]["content"] for body in self.asked]


@contextmanager
def serving(respond):
    """A server that gives `respond(number, body)`: (status, headers, text), or seconds to hang."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(server.asked)
                server.asked.append(body)
                server.headers.append(dict(self.headers))
                server.paths.append(self.path)
                server.at.append(time.monotonic())
            said = respond(number, body)
            if isinstance(said, float):
                closing.wait(said)
                said = HALF
            status, headers, text = said
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())
            except (BrokenPipeError, ConnectionResetError):
                return  # whoever asked has given up

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    closing = threading.Event()
    server = Server(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        closing.set()
        http.shutdown()
        thread.join()
        http.server_close()
