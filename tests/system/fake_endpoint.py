"""An endpoint of OpenAI's protocol for the tests: it speaks chats and completions with echoed log-probabilities, and misbehaves on
order."""

import http.server
import json
import re
import socket
import ssl
import struct
import threading
import time

KEY = "sk-test-0123456789"
MODEL = "fake-1"


def tokens_of(text):
    """A token is a word with the space before it, or a single other character."""
    return re.findall(r" ?\w+|\W", text)


def logprob(token):
    """The same for the same token, and different for A, B, C and D."""
    return -0.5 - (sum(token.strip().encode()) % 7)


class FakeEndpoint:
    """Usable as `with FakeEndpoint() as endpoint:`. `misbehave(count, body)` says how request number `count` (from 0) is answered:
    None as it should be, or one of the faults of _Handler.FAULTS. `certificate`: a file with a key and its certificate, to be asked
    by HTTPS."""

    def __init__(self, misbehave=lambda count, body: None, answer=lambda prompt: "A", logprobs=True, certificate=None):
        self.misbehave, self.answer, self.logprobs = misbehave, answer, logprobs
        self.lock = threading.Lock()
        self.count = 0
        self.faults = []
        self.most_at_once = self._at_once = 0
        self.prompt_tokens = self.generated_tokens = 0  # of whole answers, as they were told
        self.released = threading.Event()
        endpoint = self

        class Handler(_Handler):
            owner = endpoint

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        scheme = "http"
        if certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.handle_error = lambda *_: None  # a client that does not trust it ends the handshake
            # The handshake is that of each connection's own thread.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def begin(self, body):
        with self.lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self.misbehave(self.count, body)
            self.count += 1
            if fault:
                self.faults.append(fault)
            return fault

    def end(self, usage=None):
        with self.lock:
            self._at_once -= 1
            if usage:
                self.prompt_tokens += usage["prompt_tokens"]
                self.generated_tokens += usage["completion_tokens"]


class _Handler(http.server.BaseHTTPRequestHandler):
    owner = None
    protocol_version = "HTTP/1.1"
    FAULTS = ("429", "500", "hang", "reset", "half", "huge", "utf8", "filter", "empty")

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.owner.begin(body)
        usage = None
        try:
            if self.headers["Authorization"] != f"Bearer {KEY}":
                self.refuse(401, f"Incorrect API key provided: {(self.headers['Authorization'] or '')[7:]}")
            elif body["model"] != MODEL:
                self.refuse(404, f"The model `{body['model']}` does not exist")
            elif fault:
                self.fail(fault, body)
            else:
                document = self.chat(body) if self.path == "/v1/chat/completions" else self.complete(body)
                usage = document["usage"]
                self.respond(200, json.dumps(document).encode())
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.owner.end(usage)

    def respond(self, status, content, headers=(), length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status, message, headers=()):
        self.respond(status, json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode(), headers)

    def fail(self, fault, body):
        whole = json.dumps(self.chat(body) if "messages" in body else self.complete(body)).encode()
        if fault == "429":
            self.refuse(429, "Rate limit reached", [("Retry-After", "0.05")])
        elif fault == "500":
            self.refuse(500, "The server had an error")
        elif fault == "hang":
            self.owner.released.wait(30)
            self.close_connection = True
        elif fault == "reset":
            self.respond(200, whole[:20], length=len(whole))
            self.wfile.flush()
            time.sleep(0.02)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif fault == "half":
            self.respond(200, whole[:len(whole) // 2])
        elif fault == "huge":
            self.respond(200, b"[" + b"1," * (40 << 20) + b"1]")
        elif fault == "utf8":
            self.respond(200, whole.replace(b'"finish_reason"', b'"x": "\xff\xfe", "finish_reason"', 1))
        elif fault == "filter":
            self.respond(200, whole.replace(b'"finish_reason": "stop"', b'"finish_reason": "content_filter"'))
        elif fault == "empty":
            self.respond(200, b'{"choices": []}')
        else:
            raise AssertionError(fault)

    def chat(self, body):
        prompt = "".join(message["content"] for message in body["messages"])
        return self.answers(body, prompt, lambda text: {"message": {"role": "assistant", "content": text}})

    def complete(self, body):
        prompt = body["prompt"]
        if not body.get("echo"):
            return self.answers(body, prompt, lambda text: {"text": text})
        written = "."
        tokens = tokens_of(prompt) + [written]
        choice = {"text": prompt + written, "finish_reason": "length", "logprobs": None}
        if self.owner.logprobs:
            offsets = [sum(map(len, tokens[:i])) for i in range(len(tokens))] if len(tokens) < 50 else []
            choice["logprobs"] = {"tokens": tokens, "token_logprobs": [None] + [logprob(t) for t in tokens[1:]],
                                  "text_offset": offsets}
        return {"choices": [choice], "usage": {"prompt_tokens": len(tokens) - 1, "completion_tokens": 1}}

    def answers(self, body, prompt, put):
        texts = [self.owner.answer(prompt) for _ in range(body.get("n", 1))]
        return {"choices": [{"index": i, "finish_reason": "stop", **put(text)} for i, text in enumerate(texts)],
                "usage": {"prompt_tokens": len(tokens_of(prompt)),
                          "completion_tokens": sum(len(tokens_of(text)) for text in texts)}}
