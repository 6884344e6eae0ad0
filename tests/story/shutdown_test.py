#!/usr/bin/env python3
"""An orderly end, and the start after it: all is on disk, and the same incident and ticket go on."""
import json
import socket
import sqlite3

import harness

harness.Story.network = harness.enter_network()

NODES = ["name: core, kind: core", 'name: site-1, kind: site, parents: "transport:core"']
ENDPOINTS = [*(f'name: far-{i}, technology: ip, address: 10.201.0.1{i}, parents: "transport:site-1"' for i in range(3)),
             "name: loop, technology: ip, address: 127.0.0.1"]


class Shutdown(harness.Story):
    def setUp(self):
        super().setUp()
        self.wire = self.peer("10.201.0.10", "10.201.0.11", "10.201.0.12")
        self.config = self.configure(ENDPOINTS, NODES)
        self.running = self.daemon(self.config).start()
        for name in ("far-0", "far-1", "far-2", "loop"):
            self.running.wait_for_health(name, "ok")

    def command(self, *arguments):
        done = harness.run(harness.PROGRAM, *arguments, "-c", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def open_incident(self):
        self.wire.silence(True)
        opened = harness.until(lambda: self.running.get("/api/v1/incidents?state=open")["items"], "an open incident")
        self.assertEqual([i["place"]["name"] for i in opened], ["site-1"])
        return opened[0]

    def test_the_same_incident_goes_on_after_a_restart(self):
        incident = self.open_incident()
        self.assertEqual(self.running.call("POST", "/api/v1/complaints", {"id": "c-1", "customer": "x", "line": "far-1"}).status, 201)
        status, seconds = self.running.stop()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        self.assertIn("incidents=1", self.running.start().log)
        kept = self.running.get(f"/api/v1/incidents/{incident['id']}")
        self.assertEqual((kept["state"], kept["opened_at"], kept["ticket"]), ("open", incident["opened_at"], incident["ticket"]))
        self.assertEqual([c["id"] for c in self.running.all("/api/v1/complaints")], ["c-1"])
        self.running.wait_for_health("far-0", "bad")

        self.wire.silence(False)
        harness.until(lambda: self.running.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", "resolved")
        self.running.wait_for_tickets((incident["ticket"], "resolved"))
        kinds = [e["kind"] for e in self.running.all("/api/v1/events")]
        self.assertEqual((kinds.count("incident.opened"), kinds.count("daemon.stopped"), kinds.count("daemon.started")), (1, 1, 2))

        why = self.command("incidents", incident["id"], "--why")
        for words in ("site-1", "Why this is believed", "What was measured", "3 of the 3 endpoints affected are bad now",
                      "Explanations weighed", "each of the 3 endpoints broke by itself", "core core", "Why it opened",
                      "Cause:", "1 attached", "What would change its mind", "it would be resolved"):
            self.assertIn(words, why)
        argument = self.running.get(f"/api/v1/incidents/{incident['id']}?why=1")["why"]["argument"]
        self.assertEqual((argument["occasion"], argument["bad"]), ("opened", 3))
        self.assertIn("no entry of the inventory is suspected", self.command("inventory-suspects"))
        suspects = json.loads(self.command("inventory-suspects", "--json"))
        self.assertEqual(suspects, self.running.get("/api/v1/inventory-suspects"))
        self.assertEqual((suspects["items"], suspects["wrong_edge_ratio"]["members"]), ([], 3))
        self.assertIn(incident["id"], self.command("incidents", "--all"))
        report = self.command("report", incident["id"])
        for words in ("MTTD", "MTTA", "MTTR", "Timeline:", "incident.opened", "incident.resolved", "ticket opened", "verified",
                      "Rejected:", "At the same place in the 90 days before: 0", "found by"):
            self.assertIn(words, report)
        month = self.command("report", "--month", incident["onset"][:7])
        self.assertRegex(month, r"all +1 +0 +0:00:")
        self.assertEqual(harness.run(harness.PROGRAM, "report", "--month", "June", "-c", self.config).returncode, 1)
        self.assertEqual(harness.run(harness.PROGRAM, "report", "-c", self.config).returncode, 2)
        self.assertEqual(harness.run(harness.PROGRAM, "report", "FL-99", "-c", self.config).returncode, 1)
        self.assertEqual(harness.run(harness.PROGRAM, "report", "seven", "-c", self.config).returncode, 1)

    def test_it_ends_within_five_seconds_whoever_is_connected(self):
        held = [socket.create_connection(("127.0.0.1", self.running.port)) for _ in range(20)]
        self.addCleanup(lambda: [s.close() for s in held])
        for client in held:
            client.sendall(b"POST /api/v1/complaints HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        status, seconds = self.running.stop()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)

    def test_a_backup_of_the_running_database_is_whole_and_usable(self):
        incident = self.open_incident()
        complaints = [{"id": f"c-{i}", "customer": "x"} for i in range(300)]
        self.assertEqual(self.running.call("POST", "/api/v1/complaints", complaints).json["accepted"], 300)
        copy = self.directory / "copy.db"
        self.command("backup", copy)
        with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertEqual(database.execute("SELECT count(*) FROM complaint").fetchone(), (300,))
        self.wire.silence(False)
        harness.until(lambda: self.running.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", "resolved")
        self.running.stop()
        # Put back, it is what was then; what has happened since is seen anew.
        for file in self.directory.glob("faultline.db*"):
            file.unlink()
        copy.rename(self.directory / "faultline.db")
        self.running.start()
        self.assertEqual(len(self.running.all("/api/v1/complaints")), 300)
        self.assertIn(incident["id"], [i["id"] for i in self.running.all("/api/v1/incidents?state=all")])
        harness.until(lambda: self.running.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", "resolved again")


if __name__ == "__main__":
    harness.main()
