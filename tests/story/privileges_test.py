#!/usr/bin/env python3
"""CAP_NET_RAW and CAP_NET_ADMIN are gone once the sockets are open, from every thread, and ICMP goes on: also after a reload."""
import os
import pathlib
import shutil
import socket
import struct
import threading

import harness

harness.Story.network = harness.enter_network()

NET_ADMIN, NET_RAW = 1 << 12, 1 << 13
LOOP = ["name: four, technology: ip, address: 127.0.0.1", "name: six, technology: ip, address: ::1"]
USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
WITH_RAW = (*USER, "--inh-caps=+net_raw", "--ambient-caps=+net_raw")
WITHOUT = ("setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin")
REMEDIES = ("setcap cap_net_raw+ep", "net.ipv4.ping_group_range", "probe with stamp only")


class Reflector:
    """Answers STAMP (RFC 8762, unauthenticated, stateless) on a port that the kernel chooses."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(2048)
            if len(packet) < 44:
                return
            stamps = packet[4:12]  # its own clock is the sender's
            self.socket.sendto(packet[:14] + b"\0\0" + stamps + packet[:14] + b"\0\0" + struct.pack("!B3x", 64), sender)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()


def capabilities(daemon):
    """{thread: {set: bits}} of all threads."""
    threads = {}
    for task in pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir():
        lines = (task / "status").read_text(encoding="ascii").splitlines()
        threads[task.name] = {line[:6]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}
    return threads


class Privileges(harness.Story):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")

    def expect_dropped(self, daemon, sets=("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd")):
        threads = capabilities(daemon)
        self.assertGreater(len(threads), 5, "the daemon's threads are seen")
        for thread, capability in threads.items():
            for name in sets:
                self.assertEqual(capability[name] & (NET_ADMIN | NET_RAW), 0, f"{name} of thread {thread}")

    def icmp_rounds(self, daemon):
        return len([line for line in daemon.call("GET", "/metrics").body.decode().splitlines()
                    if line.startswith("faultline_endpoint_rounds_total") and 'probe="icmp"' in line])

    def test_root_gives_them_up_and_measures(self):
        daemon = self.daemon(self.configure(LOOP)).start()
        for name in ("four", "six"):
            self.assertEqual(daemon.wait_for_health(name, "ok")["loss_ratio"], 0)
        self.expect_dropped(daemon)
        self.assertEqual(daemon.log.count('info privileges.dropped capabilities="cap_net_raw cap_net_admin"\n'), 1, daemon.log)

    def test_a_user_with_an_ambient_capability_gives_it_up_and_measures(self):
        config = self.configure(LOOP)
        for path in (self.directory, *self.directory.iterdir()):
            os.chown(path, 65534, 65534)
        daemon = self.daemon(config, prefix=WITH_RAW).start()
        for name in ("four", "six"):
            daemon.wait_for_health(name, "ok")
        self.expect_dropped(daemon, ("CapEff", "CapPrm", "CapInh", "CapAmb"))  # to narrow the last one needs more
        self.assertIn('privileges.dropped capabilities="cap_net_raw"\n', daemon.log)

    def stamp(self):
        reflector = Reflector()
        self.addCleanup(reflector.close)
        return f"stamp: {{port: {reflector.port}, interval: 1s, packets: 3, spacing: 20ms, timeout: 300ms}}"

    def test_a_reload_adds_the_first_icmp_probe_after_that(self):
        stamp = self.stamp()
        daemon = self.daemon(self.configure(LOOP[:1], probes=stamp)).start()
        daemon.wait_for_health("four", "ok")
        self.assertEqual(self.icmp_rounds(daemon), 0)
        self.expect_dropped(daemon)
        self.configure(LOOP, probes=f"{stamp}}}, {{{harness.icmp()}")
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 200, answer)
        harness.until(lambda: self.icmp_rounds(daemon) == 2, "rounds of icmp")
        self.expect_dropped(daemon)
        # A third way to ask for the same sockets, beside references that ask for them "automatically".
        raw = harness.icmp().replace("icmp: {", "icmp: {mode: raw, ")
        self.configure(LOOP, probes=raw, extra="probe_host: {references: [127.0.0.7]}\n")
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 200, answer)
        before = daemon.health("six")["measured"]
        harness.until(lambda: daemon.health("six")["measured"] != before, "measured by the raw mode")
        self.assertEqual({daemon.health(name)["state"] for name in ("four", "six")}, {"ok"})
        self.assertEqual(daemon.metric("faultline_probe_host_healthy"), 1)

    def test_without_any_right_stamp_alone_works_and_icmp_is_refused_with_the_remedies(self):
        stamp = self.stamp()
        daemon = self.daemon(self.configure(LOOP[:1], probes=stamp), prefix=WITHOUT).start()
        daemon.wait_for_health("four", "ok")
        self.assertNotIn("privileges.dropped", daemon.log)
        self.configure(LOOP[:1], probes=harness.icmp())
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 422, answer)
        for remedy in REMEDIES:
            self.assertIn(remedy, answer.json["detail"])
        before = daemon.health("four")["measured"]
        harness.until(lambda: daemon.health("four")["measured"] != before, "stamp goes on")


if __name__ == "__main__":
    harness.main()
