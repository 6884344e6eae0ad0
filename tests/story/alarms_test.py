#!/usr/bin/env python3
"""Alarms of other systems, from a real Alertmanager and by TMF642: they change the cause of what fails, and open nothing alone."""
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket

import harness

harness.Story.network = harness.enter_network()

SPECS = pathlib.Path(os.environ.get("FAULTLINE_SHARED_SPECS", pathlib.Path(__file__).resolve().parents[3] / "shared/specs"))
TMF = "/tmf-api/alarmManagement/v4"
ALERTS = "/api/v1/alarms/alertmanager"
AT_THE_SITE = ["10.201.0.2", "10.201.0.3", "10.201.0.4"]
NODES = ["name: core, kind: core", *(f'name: site-{i}, kind: site, parents: "transport:core"' for i in (1, 2))]
ENDPOINTS = [f'name: cell-{i}, technology: lte, address: {a}, parents: "transport:site-1"' for i, a in enumerate(AT_THE_SITE)] + [
    f'name: near-{i}, technology: lte, address: 127.0.1.{i}, parents: "transport:site-2"' for i in range(1, 4)]
RULES = """\
alarms:
  rules:
    - {match: {source: alertmanager, fields: {alertname: "Site*"}}, kind: power, node: "{site}"}
    - {match: {fields: {team: storage}}, ignore: true}
"""
LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"
TRAPS = """\
alarms:
  traps:
    listen: 127.0.0.1:0
    community_file: community
    rate_per_second: 50
    pairs:
      - {raise: 1.3.6.1.4.1.9999.0.1, clear: 1.3.6.1.4.1.9999.0.2, cause: powerProblem, key: "{1.3.6.1.4.1.9999.2}"}
  rules:
    - {match: {source: trap, fields: {trap: 1.3.6.1.4.1.9999.0.*}}, node: "{1.3.6.1.4.1.9999.2.0}"}
"""
POWER = "a power or dying-gasp alarm is active"


def alarm(site="site-1", **more):
    return {"alarmType": "environmentalAlarm", "perceivedSeverity": "critical", "probableCause": "powerProblem",
            "alarmedObject": {"id": site}, "sourceSystemId": "ems-1", "state": "raised",
            "alarmRaisedTime": "2026-11-24T10:00:00Z", **more}


def alert(number, **labels):
    return {"status": "firing", "labels": {"alertname": "SitePower", **labels}, "annotations": {}, "fingerprint": f"{number:016x}",
            "startsAt": "2026-11-24T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}


class Alarms(harness.Story):
    def start(self, extra=RULES):
        self.link = self.peer(*AT_THE_SITE)
        daemon = self.daemon(self.configure(ENDPOINTS, NODES, extra=extra)).start()
        daemon.wait_for_health("cell-2", "ok")
        return daemon

    @staticmethod
    def count(daemon, source, result):
        for line in daemon.call("GET", "/metrics").body.decode().splitlines():
            if line.startswith("faultline_alarms_total{") and f'source="{source}"' in line and f'result="{result}"' in line:
                return int(float(line.rsplit(" ", 1)[1]))
        return 0

    def nothing_opens(self, daemon):
        """Not for 40 rounds, ten times as long as an incident of a site needs here."""
        def rounds():
            return daemon.metric('faultline_engine_rounds_total')
        enough = rounds() + 40 * len(ENDPOINTS)
        harness.until(lambda: rounds() >= enough, "rounds go on", 90)
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])

    def open_incident(self, daemon):
        self.link.silence(True)
        return harness.until(lambda: daemon.get("/api/v1/incidents?state=open")["items"], "an open incident", 60)[0]["id"]

    def why(self, number):
        shown = harness.run(harness.PROGRAM, "incidents", number, "--why", "-c", self.directory / "faultline.yaml")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return shown.stdout

    def wait_for_power(self, daemon, number):
        """The cause, and its reasons as a person reads them; they are on disk a moment later."""
        harness.until(lambda: self.cause(daemon, number) == "power", lambda: f"the cause is {self.cause(daemon, number)}")
        harness.until(lambda: POWER in self.why(number).split("\nCause:")[1].split("\nComplaints:")[0],
                      lambda: f"the alarm is a reason in {self.why(number)}")

    @staticmethod
    def cause(daemon, number):
        return (daemon.get(f"/api/v1/incidents/{number}")["likely_cause"] or {}).get("cause")

    def start_alertmanager(self, port):
        return self.alertmanager(f"""\
route: {{receiver: faultline, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - {{name: faultline, webhook_configs: [{{url: "http://127.0.0.1:{port}{ALERTS}", send_resolved: true}}]}}
""").port

    def test_a_real_alertmanager_says_that_the_mains_are_gone(self):
        daemon = self.start()
        alertmanager = self.start_alertmanager(daemon.port)
        labels = {"alertname": "SiteMains", "site": "site-1", "severity": "critical"}
        self.assertEqual(harness.call(alertmanager, "POST", "/api/v2/alerts", [{"labels": labels}]).status, 200)
        harness.until(lambda: self.count(daemon, "alertmanager", "raised") == 1, "the alarm is taken")
        self.nothing_opens(daemon)

        number = self.open_incident(daemon)
        self.wait_for_power(daemon, number)

        ends = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(harness.call(alertmanager, "POST", "/api/v2/alerts", [{"labels": labels, "endsAt": ends}]).status, 200)
        harness.until(lambda: self.count(daemon, "alertmanager", "cleared") == 1, "its end is taken")

    def test_an_alarm_by_tmf642_changes_the_cause_of_an_open_incident(self):
        daemon = self.start()
        number = self.open_incident(daemon)
        self.assertNotEqual(self.cause(daemon, number), "power")
        self.assertIn(f"If {POWER}:", self.why(number))
        made = daemon.call("POST", TMF + "/alarm", alarm())
        self.assertEqual(made.status, 201, made)
        harness.until(lambda: self.cause(daemon, number) == "power", lambda: f"the cause is {self.cause(daemon, number)}")
        likely = daemon.get(f"/api/v1/incidents/{number}?why=1")["why"]["causes"][0]
        self.assertEqual(likely["cause"], "power")
        self.assertIn(POWER, " ".join(likely["reasons"]))
        self.assertEqual(len(daemon.all("/api/v1/incidents?state=all")), 1)

    def test_what_is_on_survives_a_kill(self):
        daemon = self.start()
        made = daemon.call("POST", TMF + "/alarm", alarm()).json
        self.assertEqual(daemon.call("POST", ALERTS, {"version": "4", "alerts": [alert(1, site="site-2")]}).status, 200)
        daemon.kill()
        daemon.start()
        self.assertIn("alarms.restored known=2 on=2", daemon.log)
        self.assertEqual(daemon.get(f"{TMF}/alarm/{made['id']}"), made)
        daemon.wait_for_health("cell-2", "ok")
        number = self.open_incident(daemon)
        self.wait_for_power(daemon, number)
        over = daemon.call("PATCH", f"{TMF}/alarm/{made['id']}", {"state": "cleared"})
        self.assertEqual((over.status, over.json["perceivedSeverity"]), (200, "cleared"), over)

    def test_the_answers_are_those_of_the_official_file(self):
        file = SPECS / "TMF642-Alarm-v4.0.0.swagger.json"
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no python3-jsonschema")
        if not file.exists():
            self.skipTest(f"no {file}")
        spec = json.loads(file.read_text(encoding="utf-8"))
        daemon = self.start()

        def ask(method, path, operation, body=None, target=None):
            answer = daemon.call(method, TMF + (target or path), body)
            response = spec["paths"][path][operation]["responses"].get(str(answer.status))
            self.assertIsNotNone(response, f"{method} {path}: {answer} is not in the specification")
            for name in response.get("headers", {}):
                self.assertTrue(answer.headers[name].isdigit(), name)
            if "schema" in response:
                schema = {**response["schema"], "definitions": spec["definitions"]}
                jsonschema.Draft4Validator(schema).validate(answer.json)
            return answer

        made = ask("POST", "/alarm", "post", alarm(externalAlarmId="x-1", serviceAffecting=True)).json
        one = f"/alarm/{made['id']}"
        ask("GET", "/alarm", "get")
        ask("GET", "/alarm", "get", target="/alarm?fields=state&limit=1&offset=0")
        ask("GET", "/alarm", "get", target="/alarm?limit=many")
        ask("POST", "/alarm", "post", {"state": "raised"})
        ask("POST", "/alarm", "post", alarm(externalAlarmId="x-1", alarmDetails="another"))
        ask("GET", "/alarm/{id}", "get", target=one)
        ask("GET", "/alarm/{id}", "get", target="/alarm/1")
        ask("PATCH", "/alarm/{id}", "patch", {"perceivedSeverity": "minor"}, one)
        ask("PATCH", "/alarm/{id}", "patch", {"state": "gone"}, one)
        task = ask("POST", "/clearAlarms", "post", {"clearSystemId": "noc", "clearUserId": "eve", "alarmPattern": [{"externalAlarmId": "x-1"}],
                                                    "alarmClearedTime": "2026-11-24T10:05:00Z"}).json
        self.assertEqual([a["id"] for a in task["clearedAlarm"]], [made["id"]])
        ask("GET", "/clearAlarms", "get")
        ask("GET", "/clearAlarms/{id}", "get", target=f"/clearAlarms/{task['id']}")
        ask("PATCH", "/alarm/{id}", "patch", {"state": "raised"}, one)
        ask("DELETE", "/alarm/{id}", "delete", target=one)
        ask("DELETE", "/alarm/{id}", "delete", target=one)

    def test_garbage_strangers_and_floods_harm_nobody(self):
        daemon = self.start()
        for body in (b"", b"{", b"nonsense", b"[" * 5000, b"\xff\xfe", b"[]", b'{"version": "3", "alerts": []}', b'{"version": "4"}'):
            for path in (ALERTS, TMF + "/alarm", TMF + "/clearAlarms"):
                self.assertEqual(daemon.call("POST", path, body).status, 400, (path, body[:20]))
        too_large = {"Content-Length": str(8 * 1024 * 1024 + 1), "Content-Type": "application/json"}
        self.assertEqual(daemon.call("POST", ALERTS, headers=too_large).status, 413)
        self.assertEqual(daemon.call("POST", TMF + "/alarm", b" " * (64 * 1024 + 1)).status, 413)

        def memory():
            return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text("ascii"))[1])

        def post(alerts):
            answer = daemon.call("POST", ALERTS, {"version": "4", "alerts": alerts}, timeout=60)
            self.assertEqual((answer.status, answer.json["taken"]), (200, len(alerts)), answer)
        before = memory()
        for part in range(4):
            post([alert(part * 2500 + i, site=f"unknown-{i}", padding="x" * 200) for i in range(2500)])
        self.assertEqual(self.count(daemon, "alertmanager", "no_target"), 10_000)
        self.assertLess(memory() - before, 64 * 1024, "kB more")
        told = re.findall(r"alarm\.not_used source=alertmanager reason=no_target .*", daemon.log)
        self.assertLessEqual(len(told), 3, told[:5])
        self.assertIn("unknown-0", told[0])
        post([alert(1, site="site-1"), alert(1, site="site-1"), alert(20_000, team="storage", alertname="Disk")])
        self.assertEqual([self.count(daemon, "alertmanager", r) for r in ("raised", "repeated", "ignored")], [1, 1, 1])
        post([{**alert(i), "status": "resolved"} for i in range(10_001)])
        self.assertEqual([self.count(daemon, "alertmanager", r) for r in ("cleared", "unknown_clear")], [10_000, 1])
        self.assertEqual(daemon.call("GET", "/-/ready").status, 200)
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])

    def test_a_token_for_alarms_does_nothing_else(self):
        digest = hashlib.sha256(b"alarms-token").hexdigest()
        config = self.configure(ENDPOINTS, NODES, extra=RULES + f"api: {{tokens: [{{name: am, role: alarms, sha256: {digest}}}]}}\n")
        daemon = self.daemon(config).start()
        headers = {"Authorization": "Bearer alarms-token"}
        self.assertEqual(daemon.call("POST", ALERTS, {"version": "4", "alerts": []}, headers).status, 200)
        self.assertEqual(daemon.call("GET", TMF + "/alarm", headers=headers).status, 200)
        self.assertEqual(daemon.call("POST", ALERTS, {"version": "4", "alerts": []}).status, 401)
        self.assertEqual(daemon.call("GET", "/api/v1/endpoints", headers=headers).status, 403)

    def start_with_traps(self, extra=""):
        if not shutil.which("snmptrap"):
            self.skipTest("no snmptrap (package snmp)")
        self.write("community", "field-7\n", 0o600)
        daemon = self.start(TRAPS + extra)
        return daemon, int(re.search(r"traps\.listening address=127\.0\.0\.1 port=(\d+)", daemon.log)[1])

    def trap(self, port, version, *arguments, community="field-7", inform=False):
        """The answer's status: of a trap always 0, of an inform 1 if nobody acknowledges it."""
        return harness.run("snmptrap", "-v", version, *(["-Ci", "-t", "2", "-r", "1"] if inform else []), "-c", community,
                           f"127.0.0.1:{port}", *arguments).returncode

    def counted(self, daemon, **results):
        def now():
            return {result: self.count(daemon, "trap", result) for result in results}
        harness.until(lambda: now() == results, lambda: f"{results}, but it is {now()}")

    def test_traps_of_devices_begin_and_end_alarms(self):
        daemon, port = self.start_with_traps()
        index = ["1.3.6.1.2.1.2.2.1.1.7", "i", "7"]
        self.trap(port, "2c", "", LINK_DOWN, *index)
        self.counted(daemon, no_target=1)  # 127.0.0.1 is no endpoint
        self.assertEqual(self.trap(port, "2c", "", LINK_UP, *index, inform=True), 0, "it is acknowledged")
        self.counted(daemon, cleared=1)
        # Version 1 says itself whose trap it is; of the enterprise's own, 0 stands before the number (RFC 3584).
        self.trap(port, "1", "1.3.6.1.4.1.318", "127.0.1.1", "6", "5", "")
        self.counted(daemon, raised=1)
        self.trap(port, "1", "1.3.6.1.4.1.318", "127.0.1.1", "6", "9", "")
        self.counted(daemon, raised=1, cleared=2)

        self.trap(port, "2c", "", "1.3.6.1.4.1.9999.0.1", "1.3.6.1.4.1.9999.2.0", "s", "site-1")
        self.counted(daemon, raised=2)
        number = self.open_incident(daemon)
        self.wait_for_power(daemon, number)
        self.trap(port, "2c", "", "1.3.6.1.4.1.9999.0.2", "1.3.6.1.4.1.9999.2.0", "s", "site-1")
        self.counted(daemon, cleared=3, refused=0)

    def test_strange_traps_are_counted_and_do_no_harm(self):
        daemon, port = self.start_with_traps()
        self.trap(port, "2c", "", LINK_DOWN, community="guessed")
        self.counted(daemon, refused=1)
        self.assertNotIn("guessed", daemon.log)
        self.trap(port, "2c", "", "1.3.6.1.4.1.1.2.3")
        self.counted(daemon, refused=2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for garbage in (b"", b"\x30", b"\x30\x82\xff\xff", b"x" * 1400, bytes(range(256)) * 5):
                sender.sendto(garbage, ("127.0.0.1", port))
        self.trap(port, "2c", "", "1.3.6.1.4.1.9999.0.1", "1.3.6.1.4.1.9999.2.0", "s", "site-1")
        self.counted(daemon, raised=1, refused=2)
        # Recorded once and sent over and over: above the rate they are only counted.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as recorder:
            recorder.bind(("127.0.0.1", 0))
            recorder.settimeout(10)
            self.trap(recorder.getsockname()[1], "2c", "", "1.3.6.1.4.1.9999.0.1", "1.3.6.1.4.1.9999.2.0", "s", "site-1")
            message = recorder.recv(2000)
            for _ in range(2000):
                recorder.sendto(message, ("127.0.0.1", port))
        harness.until(lambda: self.count(daemon, "trap", "refused") > 2, "the rate is bounded")
        harness.until(lambda: daemon.call("GET", "/-/ready").status == 200, "it goes on")
        self.assertLess(daemon.log.count("alarm.not_used source=trap"), 10)

    def test_a_reload_finds_what_could_not_be_mapped(self):
        daemon = self.start("")
        self.assertEqual(daemon.call("POST", ALERTS, {"version": "4", "alerts": [alert(1, site="site-1")]}).status, 200)
        self.assertEqual(self.count(daemon, "alertmanager", "no_kind"), 1)
        self.configure(ENDPOINTS, NODES, extra=RULES)
        self.assertEqual(daemon.call("POST", "/-/reload").status, 200)
        number = self.open_incident(daemon)
        self.wait_for_power(daemon, number)


if __name__ == "__main__":
    harness.main()
