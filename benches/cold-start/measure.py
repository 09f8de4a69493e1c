#!/usr/bin/env python3
"""What a function costs before it has answered once, beside the smallest one that there is, in turns on this machine.

  cargo build --release --manifest-path benches/cold-start/Cargo.toml
  cargo build --release -p post-stats
  cargo build --release -p ct
  benches/cold-start/measure.py benches/cold-start/target/release/hello target/release/post-stats

Each binary runs against a stand-in for Lambda's runtime interface, one for Secrets Manager (unless WITHOUT_SECRET is set) and a local
server's embedded DynamoDB. Times are from the process's start to its first poll, and to its first answer; the figure is the ratio of
the medians, the times are this machine's. A binary is given the event of its name in events/, with a key of its own.
"""
import http.server
import json
import multiprocessing
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

ROUNDS = 21
# Requests after the first, of which the processor's time is taken.
WARM = 200
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Runtime(http.server.ThreadingHTTPServer):
    """Gives the same event again and again and takes its answers."""

    daemon_threads = True

    def __init__(self, event):
        super().__init__(("127.0.0.1", 0), Handler)
        self.event, self.polled_at, self.answered_at, self.answers, self.status = event, None, None, 0, None
        self.first, self.may_go_on, self.last = threading.Event(), threading.Event(), threading.Event()

    def handle_error(self, *_):
        """The measured process is ended while it waits for its next event."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        runtime = self.server
        runtime.polled_at = runtime.polled_at or time.perf_counter()
        if runtime.first.is_set():
            runtime.may_go_on.wait()
        if runtime.answers > WARM:
            time.sleep(60)
        self.send_response(200)
        deadline = str(int(time.time() * 1000) + 30000)
        for name, value in (("Lambda-Runtime-Aws-Request-Id", "1"), ("Lambda-Runtime-Deadline-Ms", deadline),
                            ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:1:function:f"),
                            ("Content-Length", str(len(runtime.event)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(runtime.event)

    def do_POST(self):
        runtime = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        runtime.answered_at = runtime.answered_at or time.perf_counter()
        runtime.answers += 1
        runtime.status = json.loads(body).get("statusCode")
        runtime.first.set()
        if runtime.answers > WARM:
            runtime.last.set()
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def give_secret(listener):
    """Stands in for Secrets Manager, with no provider's key; in a process of its own, and as little as can be, so that it isn't measured."""
    body = json.dumps({"Name": "keys", "SecretString": "{}"})
    answer = ("HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)).encode()
    while True:
        connection, _ = listener.accept()
        with connection:
            # A request is one small piece.
            while connection.recv(65536):
                connection.sendall(answer)


def once(binary, event, environment):
    """Milliseconds to the first poll and to the first answer, megabytes at most, processor's milliseconds for a later request, status."""
    runtime = Runtime(event)
    threading.Thread(target=runtime.serve_forever, daemon=True).start()
    environment = dict(environment, AWS_LAMBDA_RUNTIME_API="127.0.0.1:%d" % runtime.server_port)
    started = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    proc = pathlib.Path("/proc/%d" % process.pid)
    on_processor = lambda: sum(int((task / "schedstat").read_text().split()[0]) for task in (proc / "task").iterdir()) / 1e6
    try:
        if not runtime.first.wait(10):
            raise SystemExit("%s does not answer" % binary)
        time.sleep(0.05)
        before = on_processor()
        runtime.may_go_on.set()
        if not runtime.last.wait(60):
            raise SystemExit("%s stopped answering" % binary)
        later = (on_processor() - before) / WARM
        memory = re.search(r"VmHWM:\s+(\d+)", (proc / "status").read_text())
        return ((runtime.polled_at - started) * 1e3, (runtime.answered_at - started) * 1e3, int(memory[1]) / 1024, later,
                runtime.status)
    finally:
        process.kill()
        process.wait()
        runtime.shutdown()


def event_for(binary, key):
    event = ROOT / "events" / (pathlib.Path(binary).name + ".json")
    event = json.loads((event if event.exists() else ROOT / "events/ping.json").read_text())
    event["headers"]["authorization"] = "Bearer " + key
    return json.dumps(event).encode()


def zipped(binary):
    with tempfile.NamedTemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.write(binary, "bootstrap")
        return os.path.getsize(file.name) / 1e6


def main():
    binaries = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        ct = str(ROOT / "target/release/ct")
        server = subprocess.Popen([ct, "--data-dir", folder, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        try:
            while "curl" not in server.stdout.readline():
                pass
            operator = lambda *words: subprocess.run([ct, "--data-dir", folder, *words], capture_output=True, text=True, check=True).stdout
            account = operator("accounts", "create", "Bench").split()[1]
            key = operator("keys", "create", account, "--test", "--rate-limit", "100000").split()[1]
            environment = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
                           "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                           "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
                           "AWS_ENDPOINT_URL_DYNAMODB": (pathlib.Path(folder) / "engine.address").read_text()}
            if not os.environ.get("WITHOUT_SECRET"):
                listener = socket.create_server(("127.0.0.1", 0))
                multiprocessing.Process(target=give_secret, args=(listener,), daemon=True).start()
                environment["PROVIDER_KEYS_SECRET"] = "keys"
                environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://127.0.0.1:%d" % listener.getsockname()[1]
            figures = {binary: [] for binary in binaries}
            for _ in range(ROUNDS):
                for binary in binaries:
                    figures[binary].append(once(binary, event_for(binary, key), environment))
        finally:
            server.terminate()
            server.wait()
    base = None
    for binary in binaries:
        poll, answer, memory, later = (statistics.median(run[place] for run in figures[binary]) for place in range(4))
        base = base or (poll, answer)
        print("%-15s first poll %5.1f ms (%.2f x)  first answer %5.1f ms (%.2f x)  later %.2f ms of processor  memory %4.1f MB"
              "  binary %4.2f MB  zip %4.2f MB  status %s"
              % (pathlib.Path(binary).name, poll, poll / base[0], answer, answer / base[1], later, memory,
                 os.path.getsize(binary) / 1e6, zipped(binary), figures[binary][0][4]))


main()
