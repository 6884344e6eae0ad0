#!/usr/bin/env python3
"""Signal that falls, on the lab's network: an OLT port whose light fades, a sector that gets weak, a modem that vanishes.

All packets pass meanwhile. The first two are a ticket each, with what was measured in it; the third is none.
"""
import pathlib
import re

import harness

harness.Story.network = harness.enter_network()

DEMO = pathlib.Path(__file__).resolve().parents[2] / "deploy/demo"
IN_THE_LAB = 9464  # the port of that configuration, inside the lab's own network
PORT, SECTOR, MODEM = "amber-road", "cell-0101-1", "cell-0201-1"
LASTS_S = 80  # the faults, by the scenario
LATE_S = 60   # on a busy machine
SCENARIO = f"""\
at 00:03 fault {PORT} light rx=-10dB over=5s
at 00:03 fault {SECTOR} signal rsrp=-35dB
at 00:03 fault {MODEM} modem mode=gone
at 01:20 restore {PORT}
at 01:20 restore {SECTOR}
at 01:20 restore {MODEM}
"""
RULE_SET = """\
detect:
  recovery: {duration: 4s}
decide:
  opening: {base_nats: 0, customers: 1, hold_site: 5s, hold_endpoint: 5s, hold_endpoint_worse: 5s}
  identity: {stray_site: 0s, stray_wide: 0s}
  ending: {recovery: 4s, doublings: 0}
"""


class Signal(harness.Story):
    def play(self):
        at = self.directory
        config = (DEMO / "faultline.yaml").read_text(encoding="utf-8")
        self.write("faultline.yaml", re.sub(r"interval: \d+s", "interval: 2s", config))
        self.write("rules.yaml", RULE_SET)
        self.write("signal.scenario", SCENARIO)
        made = harness.run(harness.LAB, "generate", "--seed", "7", "--output", at / "city")
        self.assertEqual(made.returncode, 0, made.stderr)
        lab = (harness.LAB, "run", "--inventory", at / "city", "--scenario", at / "signal.scenario", "--seed", "7",
               "--modems", at / "modems", "--listen", "127.0.0.1:0", "--")
        daemon = self.daemon(at / "faultline.yaml", prefix=lab).start(wait=False)
        daemon.wait_until_it_listens(inside=IN_THE_LAB)
        return daemon

    @staticmethod
    def told(daemon):
        return {i["place"]["name"]: i for i in daemon.all("/api/v1/incidents?state=all") if i["opened_at"]}

    def wait_for_state(self, daemon, places, state, seconds):
        def reached():
            told = self.told(daemon)
            return {p: told.get(p, {}).get("state") for p in places} == {p: state for p in places} and told
        return harness.until(reached, lambda: f"{state}: {places}, but the incidents are {self.told(daemon)}", seconds, pause=0.5)

    @staticmethod
    def modem_round(daemon):
        rounds = daemon.get(f"/api/v1/endpoints/{MODEM}")["rounds"]
        newest = next((r for r in rounds if r["probe"] == "modem"), None)
        return newest and (newest["outcome"], newest["reason"])

    def test_what_fades_has_a_ticket_that_says_so_and_what_vanishes_has_none(self):
        daemon = self.play()
        told = self.wait_for_state(daemon, (PORT, SECTOR), "open", LASTS_S + LATE_S)
        self.assertEqual(self.modem_round(daemon), ("not_measured", "device_gone"))
        for place, cause, measured in ((PORT, "access_plant", "received light: median -"), (SECTOR, "radio", "RSRP: median -1")):
            incident = daemon.get(f"/api/v1/incidents/{told[place]['id']}?why=1")
            self.assertEqual(incident["likely_cause"]["cause"], cause, incident)
            evidence = [m for m in incident["why"]["argument"]["measured"] if m.startswith(measured)]
            self.assertTrue(evidence, incident["why"]["argument"]["measured"])
            ticket = daemon.get(f"/tmf-api/troubleTicket/v5/troubleTicket/{incident['ticket']}")
            self.assertIn(evidence[0], ticket["description"])
        self.assertEqual(set(daemon.get(f"/api/v1/incidents/{told[PORT]['id']}")["bad_endpoints"]), {f"{PORT}-{n}" for n in (1, 2, 3)})

        told = self.wait_for_state(daemon, (PORT, SECTOR), "resolved", LASTS_S + LATE_S)
        self.assertEqual(set(told), {PORT, SECTOR})
        harness.until(lambda: self.modem_round(daemon) == ("ok", None), lambda: f"the modem is back, but it is {self.modem_round(daemon)}")
        newest_first = sorted(told.values(), key=lambda i: i["opened_at"], reverse=True)
        daemon.wait_for_tickets(*((i["ticket"], "resolved") for i in newest_first))
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-3000:])
        for place, measured in ((PORT, "received light: median -"), (SECTOR, "RSRP: median -1")):
            why = harness.run(harness.PROGRAM, "incidents", told[place]["id"], "--why", "-c", daemon.config)
            self.assertEqual(why.returncode, 0, why.stderr)
            self.assertIn(measured, why.stdout)


if __name__ == "__main__":
    harness.main()
