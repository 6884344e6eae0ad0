#!/usr/bin/env python3
"""Faultline on a network that is really there: this machine's own addresses and a host behind a wire that breaks."""
import http.server
import socket
import socketserver
import sys
import threading

import harness

harness.Story.network = harness.enter_network()

# As a service manager does it: the socket is descriptor 3, and LISTEN_PID names who it is for.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
BEHIND = "10.201.0.2"
ENDPOINTS = ["name: loop, technology: ip, address: 127.0.0.1", "name: own, technology: ip, address: 10.201.0.1",
             f"name: behind, technology: ip, address: {BEHIND}"]


class OwnNetwork(harness.Story):
    def test_real_hosts_become_ok_and_a_broken_wire_makes_one_bad(self):
        peer = self.peer(BEHIND)
        daemon = self.daemon(self.configure(ENDPOINTS)).start()
        for name in ("loop", "own", "behind"):
            health = daemon.wait_for_health(name, "ok")
            self.assertEqual(health["loss_ratio"], 0, name)
        details = daemon.get("/api/v1/endpoints/behind")
        self.assertEqual(details["address"], BEHIND)
        self.assertEqual(details["rounds"][0]["packets"]["received"], details["rounds"][0]["packets"]["sent"])
        # On a busy machine a wire of microseconds may be shorter than what its two clocks can be compared to.
        self.assertGreaterEqual(details["rounds"][0]["rtt_ms"]["minimum"], 0)
        self.assertEqual(daemon.call("GET", "/-/ready").status, 200)

        peer.link(False)
        daemon.wait_for_health("behind", "bad")
        incident = harness.until(lambda: daemon.get("/api/v1/incidents?state=open")["items"], "an open incident")[0]
        self.assertEqual(incident["place"]["name"], "behind")
        for name in ("loop", "own"):
            self.assertEqual(daemon.health(name)["state"], "ok", name)

        peer.link(True)
        daemon.wait_for_health("behind", "ok")
        harness.until(lambda: daemon.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", "resolved")
        daemon.wait_for_tickets((incident["ticket"], "resolved"))

    def test_a_name_is_resolved_and_one_that_cannot_be_harms_nobody(self):
        daemon = self.daemon(self.configure([*ENDPOINTS[:1], "name: named, technology: ip, address: localhost",
                                             "name: nowhere, technology: ip, address: nowhere.invalid"])).start()
        daemon.wait_for_health("loop", "ok")
        daemon.wait_for_health("named", "ok")
        harness.until(lambda: "name.unresolved name=nowhere.invalid" in daemon.log, "the log says so")
        nowhere = harness.until(lambda: (e := daemon.get("/api/v1/endpoints/nowhere"))["rounds"] and e, "its first round")
        self.assertEqual(nowhere["rounds"][0]["outcome"], "not_measured")
        self.assertEqual(nowhere["rounds"][0]["reason"], "name_unresolved")
        self.assertEqual(nowhere["health"]["state"], "unknown")
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])

    def test_probe_measures_one_endpoint_once(self):
        self.peer()  # 10.201.0.1 is here, nobody is there
        config = self.configure([*ENDPOINTS, "name: nowhere, technology: ip, address: nowhere.invalid"])
        good = harness.run(harness.PROGRAM, "probe", "loop", "-c", config)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("icmp: ok", good.stdout)
        self.assertIn("3 sent, 3 received, 0 lost", good.stdout)
        self.assertIn("RTT median", good.stdout)

        silent = harness.run(harness.PROGRAM, "probe", "behind", "-c", config)
        self.assertEqual(silent.returncode, 1, silent.stdout)
        self.assertRegex(silent.stdout, "icmp: (lost|unreachable)")

        nowhere = harness.run(harness.PROGRAM, "probe", "nowhere", "-c", config, "--time-limit", "1")
        self.assertEqual(nowhere.returncode, 1, nowhere.stdout)
        self.assertIn("no result in 1 s", nowhere.stdout)

        unknown = harness.run(harness.PROGRAM, "probe", "nobody", "-c", config)
        self.assertEqual(unknown.returncode, 2)
        self.assertIn('no endpoint is called "nobody"', unknown.stderr)

    def test_probe_shows_the_conversation_if_it_is_asked_to(self):
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = server.server_address[1]
            probes = f"tcp: {{port: {port}}}}}, {{http: {{url: 'http://{{address}}/none?token=hunter2', port: {port}, expected_status: '404'}}"
            config = self.configure(ENDPOINTS[:1], probes=probes)
            plain = harness.run(harness.PROGRAM, "probe", "loop", "-c", config)
            self.assertEqual(plain.returncode, 0, plain.stderr)
            self.assertNotIn("connect to", plain.stdout)
            told = harness.run(harness.PROGRAM, "probe", "loop", "--verbose", "-c", config).stdout
            server.shutdown()
        for line in (f"  > connect to 127.0.0.1:{port}\n  < connected\n", "  > GET /none?token=(not shown) HTTP/1.1\n",
                     "  < HTTP/1.0 404 File not found\n", " bytes of body\n"):
            self.assertIn(line, told)
        self.assertNotIn("hunter2", told)

    def test_sockets_can_be_handed_over(self):
        with socket.create_server(("127.0.0.1", 0)) as ours:
            daemon = self.daemon(self.configure(ENDPOINTS[:1]), prefix=(sys.executable, "-c", HAND_OVER, str(ours.fileno())))
            daemon.start(pass_fds=(ours.fileno(),))
            port = ours.getsockname()[1]
            self.assertEqual(harness.call(port, "GET", "/-/healthy").status, 200)
            self.assertIn(f"port={port}", daemon.log)


if __name__ == "__main__":
    harness.main()
