#!/usr/bin/env python3
"""kill -9 at any moment: no acknowledged complaint lost, no ticket doubled, none forgotten, every event told in order.

A site fails and recovers while complaints are posted, the daemon is killed again and again, and the ticket system is
busy now and then or hangs up before it answers. The worst moment is when something has just been decided, so that some
kills are aimed: they come within milliseconds of the log's line of it.
"""
import collections
import contextlib
import http.client
import json
import random
import re
import sqlite3
import threading
import time

import harness

harness.Story.network = harness.enter_network()

SECRET = "a-secret-of-24-characters"
NODES = ["name: core, kind: core", 'name: site-1, kind: site, parents: "transport:core"',
         'name: site-2, kind: site, parents: "transport:core"']
ENDPOINTS = [*(f'name: far-{i}, technology: lte, address: 10.201.0.1{i}, parents: "transport:site-1", latitude: 52.37, '
               f"longitude: 4.9{i}, coverage_m: 2000" for i in range(3)),
             *(f'name: near-{i}, technology: lte, address: 127.0.1.{i + 1}, parents: "transport:site-2"' for i in range(3))]
FAULTS = 40 if harness.LONG else 3  # of the same site, with eight kills each


class Caller(threading.Thread):
    """Posts complaints one after the other, each until it is acknowledged, wherever the daemon is by then."""

    def __init__(self, story, name):
        super().__init__()
        self.story, self.prefix = story, name
        self.acknowledged, self.repeated, self.odd, self.stop = [], 0, [], False

    def run(self):
        number = 0
        while not self.stop:
            number += 1
            place = {"cell": f"far-{number % 3}"} if self.story.fault else {}
            self.hand_in({"id": f"{self.prefix}-{number}", "customer": f"customer-{self.prefix}-{number}",
                          "service": "mobile_data", "text": "no connection", **place})

    def hand_in(self, complaint):
        while not self.stop:
            try:
                answer = harness.call(self.story.daemon_now.port, "POST", "/api/v1/complaints", complaint, timeout=5)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # it is down: like any client, come back a little later
                continue
            if answer.status in (200, 201):
                self.acknowledged.append(complaint["id"])
                self.repeated += answer.status == 200
                time.sleep(0.01)
                return
            if answer.status != 503:
                self.odd.append(answer)
                return


class Kill(harness.Story):
    def setUp(self):
        super().setUp()
        self.dice = random.Random(7)
        self.kills = 0
        self.fault = False
        self.peer_now = self.peer("10.201.0.10", "10.201.0.11", "10.201.0.12")
        self.noc = self.ticket_system(moods=("take", "take", "take", "busy", "hang up"), seed=7)
        self.write("hook.secret", SECRET, 0o600)
        config = self.configure(ENDPOINTS, NODES, probes=harness.icmp("1s"), extra=(
            f'tickets: {{webhooks: [{{name: noc, url: "{self.noc.url}", secret_file: hook.secret}}]}}\n'
            "api: {rate_per_minute: 60000}\n"))
        self.daemon_now = self.daemon(config)
        self.callers = []

    def kill_and_restart(self):
        self.daemon_now.kill()
        self.kills += 1
        self.daemon_now.start()

    def go_through(self, event, state):
        """Kills at random, then one the moment that the log announces `event`, perhaps before it is on the disk."""
        for _ in range(3):
            time.sleep(self.dice.choice((0.02, 0.3, 1, 3)) * self.dice.random())  # not to wait for anything: a random moment
            self.kill_and_restart()
        announced = re.compile(rf" incident\.({event}) ")
        harness.until(lambda: announced.search(self.daemon_now.log) or self.site_is(state),
                      lambda: f"{event}, in peace, but {self.incidents()}", 60, pause=0.001)
        time.sleep(self.dice.random() * 0.01)
        self.kill_and_restart()
        harness.until(lambda: self.site_is(state), lambda: f"site-1 {state}, but {self.incidents()}", 60)

    def break_site(self, broken):
        self.peer_now.silence(broken)
        self.fault = broken

    def incidents(self):
        return self.daemon_now.get("/api/v1/incidents?state=all")["items"]

    def site_is(self, *states):
        found = [i for i in self.incidents() if i["place"]["name"] == "site-1" and i["opened_at"]]
        return bool(found) and all(i["state"] in states for i in found)

    def test_nothing_is_lost_doubled_or_forgotten(self):
        self.daemon_now.start()
        for name in ("far-0", "far-1", "far-2", "near-0"):
            self.daemon_now.wait_for_health(name, "ok")
        self.callers = [Caller(self, f"c{i}") for i in range(2)]
        for caller in self.callers:
            caller.start()
        try:
            for _ in range(FAULTS):
                self.break_site(True)
                self.go_through("opened|reopened", "open")
                self.break_site(False)
                self.go_through("resolved", "resolved")
        finally:
            for caller in self.callers:
                caller.stop = True
            for caller in self.callers:
                caller.join()
        harness.until(lambda: self.site_is("resolved"), lambda: f"resolved: {self.incidents()}")
        self.daemon_now.wait_for_tickets(*((i["ticket"], "resolved") for i in self.incidents() if i["opened_at"]))
        harness.until(lambda: self.rows("SELECT count(*) FROM outbox WHERE finished IS NULL") == [(0,)], "an empty outbox", 120)
        status, _ = self.daemon_now.stop()
        self.assertEqual(status, 0)
        self.daemon_now.start()
        self.check_complaints()
        tickets = self.check_tickets()
        self.check_told(tickets)
        print(f"\n  {self.kills} kills; {sum(len(c.acknowledged) for c in self.callers)} complaints, "
              f"{sum(c.repeated for c in self.callers)} handed in again; {len(self.noc.requests())} ticket events told, "
              f"{len({t.key for t in self.noc.requests()})} different", flush=True)

    def rows(self, query, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/faultline.db?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def check_complaints(self):
        kept = collections.Counter(c["id"] for c in self.daemon_now.all("/api/v1/complaints"))
        for caller in self.callers:
            self.assertEqual(caller.odd, [])
            self.assertGreater(len(caller.acknowledged), self.kills)
            self.assertEqual([i for i in caller.acknowledged if i not in kept], [], "acknowledged and lost")
        self.assertEqual([i for i, count in kept.items() if count > 1], [], "kept twice")

    def check_tickets(self):
        """One fault, one ticket: each later failure of the site within half an hour reopens it."""
        opened = [i for i in self.incidents() if i["opened_at"]]
        self.assertEqual([(i["place"]["name"], i["state"]) for i in opened], [("site-1", "resolved")])
        book = self.daemon_now.get("/tmf-api/troubleTicket/v5/troubleTicket")
        self.assertEqual([(t["id"], t["status"]) for t in book], [(opened[0]["ticket"], "resolved")])
        events = [kind for kind, in self.rows("SELECT kind FROM event ORDER BY id")]
        self.assertEqual(events.count("incident.opened"), 1)
        self.assertEqual(events[-1], "daemon.started")
        self.assertGreaterEqual(events.count("daemon.started"), 2)
        return {t["id"]: t for t in book}

    def check_told(self, tickets):
        told = self.noc.requests()
        self.assertEqual({t.ticket for t in told}, set(tickets))
        for ticket in tickets:
            sequence = [int(t.key.rsplit("/", 1)[1]) for t in told if t.ticket == ticket]
            self.assertEqual(sequence, sorted(sequence), "told out of order")
            rows = self.rows("SELECT idempotency_key FROM outbox WHERE ticket_key = ? ORDER BY sequence", ticket)
            wanted = [int(key.rsplit("/", 1)[1]) for key, in rows]
            self.assertEqual(wanted, list(range(1, len(wanted) + 1)), "the outbox has a gap or a repetition")
            self.assertEqual(sorted(set(sequence)), wanted, "not told at all")
        bodies = {}
        for request in told:
            self.assertTrue(request.is_signed_by(SECRET), request.headers)
            self.assertFalse(request.is_signed_by(SECRET + "x"))
            self.assertEqual(json.loads(request.body)["idempotencyKey"], request.key)
            self.assertEqual(bodies.setdefault(request.key, request.body), request.body, "a repetition differs")
        self.assertGreater(len(told), len(bodies), "no event was told again: the story has proved nothing")


if __name__ == "__main__":
    harness.main()
