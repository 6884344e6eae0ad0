#!/usr/bin/env python3
"""A real Prometheus scrapes Faultline through a fibre cut: every query of the dashboards and every rule finds what it asks
for, and a real Alertmanager tells of the cut once and of its end once."""
import http.server
import json
import pathlib
import re
import shutil
import threading
import urllib.parse

import harness
import yaml

harness.Story.network = harness.enter_network()

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "rules/prometheus/faultline.rules.yaml"
IN_THE_LAB = 9464  # inside the lab's own network, where the lab hands in the complaints

# The ring is cut at 15 s and mended at 55 s; at the end the probe host itself goes blind.
SCENARIO = """\
at 00:15 fault agg-3 cut
at 00:20 complaints 12 below agg-3 within 5s delay=0s
at 00:55 restore agg-3
at 01:25 fault everything cut
at 01:45 restore everything
at 01:55 end
"""
# The demonstration's rules, whose opening is the shipped one, with an end that comes sooner still.
RULE_SET = (ROOT / "deploy/demo/rules.yaml").read_text(encoding="utf-8").replace("20s", "2s")
# What no healthy run of 100 s shows: their expression must find its series, whatever the threshold says of them.
WITHOUT_THRESHOLD = {"FaultlineIncidentCritical", "FaultlineIncidentMajor", "FaultlineIncidentMinor", "FaultlineOutboxAgeing",
                     "FaultlineStoreErrors"}


def dashboard_queries():
    """(panel, query) of every dashboard, the variables filled in."""
    for file in sorted((ROOT / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"].replace("$job", "faultline").replace("$instance", ".+")
                yield f"{file.name}: {panel['title']}: {query}", query


def rule_queries():
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert") or rule["record"]
            query = rule["expr"]
            if name in WITHOUT_THRESHOLD:
                query = re.sub(r" > \d+$", "", query.strip())
            yield f"{RULES.name}: {name}: {query}", query


class Receiver:
    """Takes what Alertmanager sends."""

    def __init__(self):
        self.told = told = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Prometheus(harness.Story):
    def start_monitoring(self, faultline_port):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        alertmanager = self.alertmanager(f"""\
route:
  receiver: nobody
  routes:
    - {{receiver: noc, matchers: ['alertname=~"FaultlineIncident(Critical|Major)"'], group_by: [job], group_wait: 3s,
       group_interval: 5s, repeat_interval: 1h}}
receivers:
  - name: nobody
  - {{name: noc, webhook_configs: [{{url: "http://127.0.0.1:{receiver.server.server_port}/", send_resolved: true}}]}}
""")
        prometheus = self.prometheus(f"""\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{RULES}"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager.port}"]}}]}}]}}
scrape_configs:
  - {{job_name: faultline, static_configs: [{{targets: ["127.0.0.1:{faultline_port}"]}}]}}
""", "--rules.alert.resend-delay=1s")
        return prometheus.port, receiver

    def start_faultline(self):
        config = (ROOT / "deploy/demo/faultline.yaml").read_text(encoding="utf-8").replace("interval: 10s", "interval: 2s")
        self.config = self.write("faultline.yaml", config)
        self.write("rules.yaml", RULE_SET)
        self.write("story.scenario", SCENARIO)
        made = harness.run(harness.LAB, "generate", "--seed", "7", "--output", self.directory / "city")
        self.assertEqual(made.returncode, 0, made.stderr)
        at = self.directory
        lab = (harness.LAB, "run", "--inventory", at / "city", "--scenario", at / "story.scenario", "--seed", "7", "--modems", at / "modems",
               "--listen", "127.0.0.1:0", "--api", f"http://127.0.0.1:{IN_THE_LAB}", "--until-scenario-end", "--")
        daemon = self.daemon(self.config, prefix=lab).start(wait=False)
        daemon.wait_until_it_listens(inside=IN_THE_LAB)
        return daemon

    @staticmethod
    def ask(port, query):
        answer = harness.call(port, "GET", "/api/v1/query?query=" + urllib.parse.quote(query))
        if answer.status != 200:
            raise AssertionError(f"{query}: {answer}")
        return answer.json["data"]["result"]

    def test_everything_asked_for_is_there_and_a_cut_pages_once(self):
        if not shutil.which("ip"):
            self.skipTest("no ip (package iproute2)")
        faultline = self.start_faultline()
        prometheus, receiver = self.start_monitoring(faultline.port)

        # An alert on an increase needs the count of before.
        harness.until(lambda: self.ask(prometheus, "faultline_reloads_total"), "the first scrape")
        good = self.config.read_text(encoding="utf-8")
        self.config.write_text("listen: [", encoding="utf-8")
        self.assertGreaterEqual(faultline.call("POST", "/-/reload").status, 400)  # for FaultlineReloadFailed
        self.config.write_text(good, encoding="utf-8")

        unanswered = dict([*dashboard_queries(), *rule_queries()])
        self.assertGreater(len(unanswered), 25)

        def look():
            for name, query in list(unanswered.items()):
                found = self.ask(prometheus, query)
                if any(sample["value"][1] != "NaN" for sample in found):
                    del unanswered[name]
            return faultline.process.poll() is not None
        harness.until(look, lambda: f"the end of the scenario; unanswered: {unanswered}", 240, pause=0.5)
        self.assertEqual(faultline.process.returncode, 0, faultline.log)
        harness.until(lambda: look() and not unanswered, lambda: f"an answer to {json.dumps(sorted(unanswered), indent=1)}")

        harness.until(lambda: any(told["status"] == "resolved" for told in receiver.told), "the alert is resolved")
        self.assertEqual({told["groupKey"] for told in receiver.told}, {receiver.told[0]["groupKey"]}, "one group")
        # The blind probe host at the end is an incident of its own, major, and the message of it shows the critical one,
        # resolved, once more.
        of_the_cut = [alert for told in receiver.told for alert in told["alerts"]
                      if alert["labels"]["alertname"] == "FaultlineIncidentCritical"]
        self.assertEqual([alert["status"] for alert in of_the_cut][:2], ["firing", "resolved"], faultline.log)
        self.assertEqual([alert["status"] for alert in of_the_cut].count("firing"), 1, of_the_cut)
        alert = of_the_cut[0]
        self.assertEqual(alert["labels"]["severity"], "critical")
        self.assertEqual(alert["annotations"]["summary"], "1 critical network incident(s) open")


if __name__ == "__main__":
    harness.main()
