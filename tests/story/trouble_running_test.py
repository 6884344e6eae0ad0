#!/usr/bin/env python3
"""Trouble while Faultline runs: a clear sign of it, nothing lost, and no trace of it afterwards."""
import sqlite3

import harness

harness.Story.network = harness.enter_network()


class TroubleWhileItRuns(harness.Story):
    def test_a_database_that_cannot_be_written(self):
        daemon = self.daemon(self.configure(["name: one, technology: ip, address: 127.0.0.1"])).start()
        daemon.wait_for_health("one", "ok")
        harness.until(lambda: daemon.call("GET", "/-/ready").status == 200, "ready")
        other = sqlite3.connect(self.directory / "faultline.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")  # to a writer this is like a full disk: no commit

        complaint = {"id": "c-1", "customer": "someone"}
        self.assertEqual(daemon.call("POST", "/api/v1/complaints", complaint).status, 503)
        self.assertGreaterEqual(daemon.metric("faultline_store_errors_total"), 1)
        ready = harness.until(lambda: (a := daemon.call("GET", "/-/ready")).status == 503 and a, "no longer ready")
        self.assertIn("the database cannot be written", " ".join(ready.json["reasons"]))
        self.assertEqual(daemon.call("GET", "/-/healthy").status, 200)

        other.execute("COMMIT")
        self.assertEqual(daemon.call("POST", "/api/v1/complaints", complaint).status, 201)
        harness.until(lambda: daemon.call("GET", "/-/ready").status == 200, "ready again")


if __name__ == "__main__":
    harness.main()
