"""A collector of spans: takes OTLP over HTTP as JSON, and reads it by OpenTelemetry's own messages where these are there."""

import base64
import http.server
import json
import os
import pathlib
import sys
import threading

CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", pathlib.Path.home() / ".cache/assay"))
# Before Debian's protobuf, which is older than these messages.
sys.path.insert(0, str(CACHE / "tools/manifests"))
try:
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
except ImportError:
    json_format = None
finally:
    sys.path.pop(0)

IDS = ("traceId", "spanId", "parentSpanId")


def check(request):
    """Raises what protobuf finds wrong. OTLP writes ids in hexadecimal digits where protobuf's JSON has base64."""
    if json_format is None:
        return
    request = json.loads(json.dumps(request))
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in set(IDS) & set(span):
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    json_format.ParseDict(request, trace_service_pb2.ExportTraceServiceRequest())


class OtlpReceiver:
    """`spans`: each with its attributes as a dict, and `service`, the program that sent it."""

    def __init__(self):
        receiver = self
        self.spans = []
        self.problems = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    receiver.take(self.path, self.headers["Content-Type"], json.loads(body))
                except Exception as error:  # told by the test's own thread
                    receiver.problems.append(f"{type(error).__name__}: {error}: {body[:2000]}")
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path, content_type, request):
        if (path, content_type) != ("/v1/traces", "application/json"):
            raise ValueError(f"{content_type} for {path}")
        check(request)
        for resource in request["resourceSpans"]:
            service = values(resource["resource"])["service.name"]
            for scope in resource["scopeSpans"]:
                self.spans += [{**span, "attributes": values(span), "service": service} for span in scope["spans"]]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def values(holder):
    return {each["key"]: int(each["value"]["intValue"]) if "intValue" in each["value"] else each["value"]["stringValue"]
            for each in holder.get("attributes", [])}
