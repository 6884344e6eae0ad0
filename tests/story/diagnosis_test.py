#!/usr/bin/env python3
"""Five faults of five kinds in one evening, with real packets, end with exactly the right five tickets."""
import json
import pathlib
import re

import harness

harness.Story.network = harness.enter_network()

DEMO = pathlib.Path(__file__).resolve().parents[2] / "deploy/demo"
STORY = "five-faults"
IN_THE_LAB = 9464  # inside the lab's own network, where the lab hands in the complaints
PLAYS_S = 240  # as long as the scenario, and a little more
LATE_S = 60    # on a busy machine

# Hangs on a site of agg-1, and is entered at one of agg-2.
MISPLACED, ENTERED = "cell-0106-2", "cell-0206"

# What was broken -> what the ticket is to say: its place, its cause, whether complaints alone speak for it, and its end.
# Nobody has said that the radio fault is over.
TICKETS = {
    "cell-0204-2": ("cell-0204-2", "radio", True, "open"),
    "everything": ("noc-1", "probe_host", False, "resolved"),
    "zone-2": ("zone-2", "power", False, "resolved"),
    "agg-1": ("agg-1", "transport", False, "resolved"),
    "agg-3": ("agg-3", "congestion", False, "resolved"),
}


class Diagnosis(harness.Story):
    def play(self):
        at = self.directory
        made = harness.run(DEMO / f"{STORY}.sh", harness.LAB, at)
        self.assertEqual(made.returncode, 0, made.stderr)
        lab = (harness.LAB, "run", "--inventory", at / "city", "--scenario", at / f"{STORY}.scenario", "--truth", at / "truth.json",
               "--seed", "7", "--modems", at / "modems", "--listen", "127.0.0.1:0", "--api", f"http://127.0.0.1:{IN_THE_LAB}", "--")
        daemon = self.daemon(at / f"{STORY}.yaml", prefix=lab).start(wait=False)
        daemon.wait_until_it_listens(inside=IN_THE_LAB)
        return daemon

    @staticmethod
    def told(daemon):
        return [i for i in daemon.all("/api/v1/incidents?state=all") if i["opened_at"]]

    @classmethod
    def summary(cls, daemon):
        return sorted((i["place"]["name"], (i["likely_cause"] or {}).get("cause"), i["complaint_only"], i["state"])
                      for i in cls.told(daemon))

    def test_each_fault_has_its_ticket_and_nothing_else_has(self):
        daemon = self.play()
        wanted = sorted(TICKETS.values())
        harness.until(lambda: self.summary(daemon) == wanted,
                      lambda: f"the tickets are\n{json.dumps(wanted)}\nbut they are\n{json.dumps(self.summary(daemon))}\n"
                              f"{self.story_of(daemon)}", PLAYS_S + LATE_S, pause=1)
        incidents = {i["place"]["name"]: daemon.get(f"/api/v1/incidents/{i['id']}?why=1") for i in self.told(daemon)}
        status = {"open": "acknowledged", "resolved": "resolved"}
        newest_first = sorted(incidents.values(), key=lambda i: i["opened_at"], reverse=True)
        daemon.wait_for_tickets(*((i["ticket"], status[i["state"]]) for i in newest_first))
        self.assertEqual(len(daemon.get("/tmf-api/troubleTicket/v5/troubleTicket?limit=100")), len(TICKETS))
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-3000:])

        truth = json.loads((self.directory / "truth.json").read_text(encoding="utf-8"))
        self.assertEqual([f["target"] for f in truth["faults"]], list(TICKETS))
        for fault in truth["faults"]:
            incident = incidents[TICKETS[fault["target"]][0]]
            self.assertEqual(set(incident["complaint_ids"]), set(fault["complaints"]), fault["target"])
            if fault["target"] == "everything":  # the network is not to blame
                self.assertEqual(incident["affected_endpoints"], [])
                continue
            suffered = set(fault["endpoints"])
            self.assertLessEqual(set(incident["affected_endpoints"]), suffered, fault["target"])
            self.assertGreaterEqual(len(incident["affected_endpoints"]), 0.8 * len(suffered), fault["target"])
        self.assertEqual(incidents["agg-1"]["why"]["suspected_members"], [MISPLACED])

        asked = harness.run(harness.PROGRAM, "inventory-suspects", "--json", "-c", daemon.config)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertEqual([(s["endpoint"], s["entered_below"], s["failed_with"]) for s in json.loads(asked.stdout)["items"]],
                         [(MISPLACED, [ENTERED], "agg-1")])

    @staticmethod
    def story_of(daemon):
        """What the lab did and what the daemon said of it."""
        return "\n".join(line for line in daemon.log.splitlines() if re.match(r"lab: |.* incident\.", line))


if __name__ == "__main__":
    harness.main()
