"""What the stories share: the real program in a temporary directory, a network of their own, a ticket system to tell.

A story gets the programs' paths through FAULTLINE and FAULTLINE_LAB. Nothing waits for a fixed time: `until` polls a
condition up to a deadline. Whatever is started here is ended by its pid, and dies with the test if the test is killed.
"""
import ctypes
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

LONG = os.environ.get("FAULTLINE_LONG", "") not in ("", "0")
PROGRAM = os.environ.get("FAULTLINE", "")
LAB = os.environ.get("FAULTLINE_LAB", "")
PATIENCE_S = 30  # for what takes a second on an idle machine

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1


def until(condition, what, seconds=PATIENCE_S, pause=0.05):
    """Polls `condition` until it is true and returns what it gave; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


def die_with_the_test():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command, **more):
    """Runs a command that ends by itself; both outputs as text."""
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, check=False,
                          preexec_fn=die_with_the_test, **more)


def enter_network():
    """Moves this process into a network namespace of its own; says why not, or returns None. Before any thread starts."""
    user, group = os.geteuid(), os.getegid()
    if not (user == 0 and _libc.unshare(_CLONE_NEWNET) == 0):
        if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            return f"no network namespace can be made here ({os.strerror(ctypes.get_errno())})"
        for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1\n"), ("gid_map", f"0 {group} 1\n")):
            pathlib.Path("/proc/self", file).write_text(text, encoding="ascii")
    if not shutil.which("ip"):
        return "no `ip` (package iproute2)"
    up = run("ip", "link", "set", "lo", "up")
    return None if up.returncode == 0 else f"no loopback in the namespace: {up.stderr.strip()}"


class Peer:
    """A second network namespace, joined to ours by a veth pair: 10.201.0.1 here, `addresses` there."""

    def __init__(self, addresses):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"],
                                        stdout=subprocess.PIPE, preexec_fn=die_with_the_test)
        if self.process.stdout.readline() != b"ready\n":
            raise unittest.SkipTest("no second network namespace can be made here")
        pid = self.process.pid
        if run("ip", "link", "add", "fl0", "type", "veth", "peer", "name", "fl1", "netns", pid).returncode != 0:
            self.close()
            raise unittest.SkipTest("no veth pair can be made here")
        self._must("ip", "address", "add", "10.201.0.1/24", "dev", "fl0")
        self._must("ip", "link", "set", "fl0", "up")
        for address in addresses:
            self.inside("ip", "address", "add", f"{address}/24", "dev", "fl1")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "set", "fl1", "up")

    @staticmethod
    def _must(*command):
        done = run(*command)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stderr.strip()}")

    def inside(self, *command):
        self._must("nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command)

    def link(self, up):
        self.inside("ip", "link", "set", "fl1", "up" if up else "down")

    def silence(self, silent):
        """Its hosts stay reachable and stop to answer echo requests: clean loss of every packet."""
        self.inside("sh", "-c", f"echo {int(silent)} > /proc/sys/net/ipv4/icmp_echo_ignore_all")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


def call(port, method, path, body=None, headers=None, timeout=15, host="127.0.0.1"):
    """One request on a connection of its own. `body` is bytes, or what is sent as JSON."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if body is not None else {}
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers={**sent, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), answer.headers)
    finally:
        connection.close()


class Daemon:
    """`faultline run` on a configuration; several runs of one directory are started one after the other."""

    def __init__(self, config, arguments=(), prefix=(), environment=None):
        self.config = pathlib.Path(config)
        self.command = [*prefix, PROGRAM, "run", "-c", str(config), *arguments]
        self.environment = {**os.environ, **(environment or {})}
        self.logs, self.process, self.port = [], None, None

    def start(self, wait=True, **more):
        log = self.config.parent / f"run-{len(self.logs)}.log"
        self.logs.append(log)
        with open(log, "wb") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=subprocess.STDOUT, env=self.environment,
                                            stdin=subprocess.DEVNULL, preexec_fn=die_with_the_test, **more)
        if wait:
            self.wait_until_it_listens()
        return self

    def wait_until_it_listens(self, inside=None):
        """`inside` is a port of its own network behind the lab, if it has one; the other is where the test can reach it."""
        def listening():
            ports = [int(port) for port in re.findall(r"daemon\.listening address=\S+ port=(\d+)", self.log)]
            if not ports and self.process.poll() is not None:
                raise AssertionError(f"faultline ended with {self.process.returncode}: {self.log}")
            return [port for port in ports if port != inside]
        self.port = until(listening, lambda: f"listening; its log: {self.log}")[0]

    @property
    def log(self):
        return self.logs[-1].read_text(encoding="utf-8", errors="replace")

    def call(self, method, path, body=None, headers=None, **more):
        return call(self.port, method, path, body, headers, **more)

    def get(self, path):
        answer = self.call("GET", path)
        if answer.status != 200:
            raise AssertionError(f"GET {path}: {answer}")
        return answer.json

    def all(self, path):
        """Every item of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(path + ("&" if "?" in path else "?") + "limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    def metric(self, series):
        """The value of `name{labels}` as written on /metrics; None if there is no such series."""
        for line in self.call("GET", "/metrics").body.decode().splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def health(self, endpoint):
        return self.get(f"/api/v1/endpoints/{endpoint}")["health"]

    def wait_for_health(self, endpoint, *states, seconds=PATIENCE_S):
        return until(lambda: (h := self.health(endpoint))["state"] in states and h,
                     lambda: f"{endpoint} {' or '.join(states)}, but it is {self.health(endpoint)}", seconds)

    def wait_for_tickets(self, *wanted):
        """The whole book as (id, status); it is written a moment after the incident has changed."""
        def book():
            return [(t["id"], t["status"]) for t in self.all("/api/v1/tickets")]
        until(lambda: book() == list(wanted), lambda: f"the tickets are {wanted}, but they are {book()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status and the seconds that it took."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60), time.monotonic() - asked

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()


class Told:
    """One request that a webhook receiver has taken in full."""

    def __init__(self, headers, body, answered):
        self.headers, self.body, self.answered = headers, body, answered
        self.key = headers.get("Idempotency-Key", "").strip('"')
        self.ticket = headers.get("X-Faultline-Ticket", "")

    def is_signed_by(self, secret):
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", self.headers.get("X-Faultline-Signature", ""))
        if not found or abs(int(found[1]) - time.time()) > 3600:
            return False
        wanted = hmac.new(secret.encode(), found[1].encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, found[2])


class TicketSystem:
    """A webhook receiver. `moods` are drawn for each request: "take", "busy" (503), "hang up" (taken, no answer)."""

    def __init__(self, moods=("take",), seed=1):
        system, dice = self, random.Random(seed)
        self.told, self._lock = [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self):
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                if len(body) < size:
                    return  # its sender was killed
                with system._lock:
                    mood = dice.choice(moods)
                    if mood != "busy":
                        system.told.append(Told(self.headers, body, mood == "take"))
                if mood == "hang up":
                    self.close_connection = True
                    return
                self.send_response(503 if mood == "busy" else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # its sender was killed

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def requests(self):
        with self._lock:
            return list(self.told)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def free_port():
    """In a network of the test's own, nobody else takes what is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Monitor:
    """A real Prometheus or Alertmanager whose configuration is NAME.yaml of a directory, and which has said that it is ready."""

    def __init__(self, directory, program, name, *arguments):
        self.port, self.path = free_port(), directory / f"{name}.log"
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen([program, f"--config.file={name}.yaml", f"--web.listen-address=127.0.0.1:{self.port}", *arguments],
                                            stdout=log, stderr=subprocess.STDOUT, cwd=directory, stdin=subprocess.DEVNULL,
                                            preexec_fn=die_with_the_test)

    def wait_until_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.path.stem} ended with {self.process.returncode}: {self.log}")
            try:
                return call(self.port, "GET", "/-/ready", timeout=5).status == 200
            except OSError:
                return False
        until(ready, lambda: f"{self.path.stem} is ready; its log: {self.log}", 60)

    @property
    def log(self):
        return self.path.read_text(encoding="utf-8", errors="replace")[-3000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)


def icmp(interval="1s", packets=3):
    return f"icmp: {{interval: {interval}, packets: {packets}, spacing: 20ms, timeout: 300ms}}"


# Short times, so that a fault's whole life fits into a test; the logic is the shipped one. Complaints alone open nothing
# here: an incident of complaints only would end 45 minutes after the last.
QUICK_RULES = """\
detect:
  recovery: {duration: 2s}
decide:
  opening: {base_nats: 0, customers: 1, hold_site: 1s, hold_endpoint: 1s, hold_complaints: 60m}
  identity: {stray_site: 0s}
  ending: {recovery: 2s, doublings: 0}
"""


class Story(unittest.TestCase):
    """A test with a directory of its own, in which everything is cleaned up."""
    network = None  # why there is none, if the module asked for one

    def setUp(self):
        if not os.access(PROGRAM, os.X_OK):
            self.skipTest("FAULTLINE names no program")
        if type(self).network:
            self.skipTest(type(self).network)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="faultline-story-"))
        if not os.environ.get("FAULTLINE_KEEP"):  # for a look afterwards
            self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def write(self, name, text, mode=0o644):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def configure(self, endpoints, nodes=(), extra="", probes=None, name="faultline.yaml"):
        """faultline.yaml and its rules; endpoints and nodes are flow maps as text."""
        self.write("rules.yaml", QUICK_RULES)
        lines = ["listen: 127.0.0.1:0", "store: {path: faultline.db}", "history: {enabled: false}", "rules: [rules.yaml]",
                 "profiles:", f"  ip: {{technologies: [ip, lte], probes: [{{{probes or icmp()}}}]}}", "inventory:"]
        if nodes:
            lines += ["  nodes:", *(f"    - {{{node}}}" for node in nodes)]
        lines += ["  endpoints:", *(f"    - {{{endpoint}}}" for endpoint in endpoints)]
        return self.write(name, "\n".join(lines) + "\n" + extra)

    def daemon(self, config, **more):
        daemon = Daemon(config, **more)
        self.addCleanup(daemon.close)
        return daemon

    def peer(self, *addresses):
        peer = Peer(addresses)
        self.addCleanup(peer.close)
        return peer

    def ticket_system(self, **more):
        system = TicketSystem(**more)
        self.addCleanup(system.close)
        return system

    def monitor(self, program, name, *arguments):
        if not shutil.which(program):
            self.skipTest(f"no {program} (package {program})")
        monitor = Monitor(self.directory, program, name, *arguments)
        self.addCleanup(monitor.close)
        monitor.wait_until_ready()
        return monitor

    def prometheus(self, configuration, *arguments):
        """The port of a Prometheus is `.port` of what this returns."""
        self.write("prometheus.yaml", configuration)
        return self.monitor("prometheus", "prometheus", "--storage.tsdb.path=series", *arguments)

    def alertmanager(self, configuration):
        self.write("alertmanager.yaml", configuration)
        return self.monitor("prometheus-alertmanager", "alertmanager", "--storage.path=alerts", "--cluster.listen-address=")


def main():
    unittest.main(argv=sys.argv[:1] + ["-v"] + sys.argv[1:], exit=True)
