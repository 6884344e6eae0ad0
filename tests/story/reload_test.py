#!/usr/bin/env python3
"""A changed configuration is taken over by difference, a bad one is refused, and neither raises an incident by itself."""
import shutil
import signal

import harness

harness.Story.network = harness.enter_network()

SITE_A, SITE_B = (f'name: site-{s}, kind: site, parents: "transport:core"' for s in "ab")
NODES = ["name: core, kind: core", SITE_A, SITE_B]


def endpoint(name, address, site="a"):
    return f'name: {name}, technology: ip, address: {address}, parents: "transport:site-{site}"'


ONE, TWO, THREE = (endpoint(n, a) for n, a in (("one", "127.0.0.1"), ("two", "127.0.0.2"), ("three", "127.0.0.3")))


def series_of(daemon, name):
    return [line for line in daemon.call("GET", "/metrics").body.decode().splitlines() if f'endpoint="{name}"' in line]


class Reload(harness.Story):
    def reloads(self, daemon, result):
        return daemon.metric(f'faultline_reloads_total{{result="{result}"}}')

    def test_endpoints_come_and_go(self):
        daemon = self.daemon(self.configure([ONE, TWO], NODES)).start()
        daemon.wait_for_health("one", "ok")
        daemon.wait_for_health("two", "ok")
        self.assertTrue(series_of(daemon, "two"))
        rounds = [line for line in series_of(daemon, "one") if line.startswith("faultline_endpoint_rounds_total")]

        self.configure([ONE, THREE], NODES)
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 200, answer)
        self.assertRegex(answer.json["changed"], "1 .*added.*1 .*removed|\\+1.*-1")
        self.assertEqual({e["name"] for e in daemon.all("/api/v1/endpoints")}, {"one", "three"})
        self.assertEqual(daemon.call("GET", "/api/v1/endpoints/two").status, 404)
        self.assertEqual(series_of(daemon, "two"), [])
        daemon.wait_for_health("three", "ok")
        self.assertTrue(series_of(daemon, "three"))
        # What stayed has kept its state: it is not unknown again, and its counters go on.
        self.assertEqual(daemon.health("one")["state"], "ok")
        after = [line for line in series_of(daemon, "one") if line.startswith("faultline_endpoint_rounds_total")]
        self.assertGreaterEqual(float(after[0].rsplit(" ", 1)[1]), float(rounds[0].rsplit(" ", 1)[1]))
        self.assertEqual(self.reloads(daemon, "good"), 1)
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])
        self.assertIn("config.reloaded", [e["kind"] for e in daemon.all("/api/v1/events")])

    def test_a_bad_file_is_refused_and_the_old_one_stays(self):
        config = self.configure([ONE], NODES)
        daemon = self.daemon(config).start()
        daemon.wait_for_health("one", "ok")
        good = config.read_text()
        config.write_text(good.replace("technology: ip, address", "technology: ip, adress"))
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 422, answer)
        self.assertIn('unknown key "adress"; did you mean "address"?', answer.json["detail"])
        self.assertRegex(answer.json["detail"], r"faultline\.yaml:\d+:\d+: ")
        config.write_text(good.replace("faultline.db", "another.db"))
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 422, answer)
        self.assertIn("store.path cannot be changed by a reload", answer.json["detail"])

        config.write_text(good.replace("listen: ", "listen: 127.0.0.1:9 #"))
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 422, answer)
        self.assertIn("listen cannot be changed by a reload", answer.json["detail"])

        self.assertEqual(self.reloads(daemon, "bad"), 3)
        self.assertIn('config.refused action="the old one stays"', daemon.log)
        def refusals():  # written behind the answer
            return [e for e in daemon.all("/api/v1/events") if e["kind"] == "config.refused"]
        harness.until(lambda: len(refusals()) == 3, "all refusals are in the log of events")
        refused = refusals()
        self.assertIn('unknown key "adress"', refused[2]["reason"])
        self.assertEqual(daemon.health("one")["state"], "ok")
        before = daemon.health("one")["measured"]
        harness.until(lambda: daemon.health("one")["measured"] != before, "it is still measured")
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])

    def test_what_only_the_server_refuses_leaves_the_probing_as_it_was(self):
        if not shutil.which("openssl"):
            self.skipTest("no `openssl`")
        daemon = self.daemon(self.configure([ONE, TWO], NODES)).start()
        daemon.wait_for_health("two", "ok")
        for name in ("mine", "other"):
            made = harness.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=faultline", "-days", "2",
                               "-keyout", self.directory / f"{name}.key", "-out", self.directory / f"{name}.pem")
            self.assertEqual(made.returncode, 0, made.stderr)
        # Both files are good by themselves, so the file's check passes; only together they are not.
        self.configure([ONE, THREE], NODES, extra="api: {tls: {certificate: mine.pem, key: other.key}}\n")
        answer = daemon.call("POST", "/-/reload")
        self.assertEqual(answer.status, 422, answer)
        for _ in range(2):  # the first round may have been under way
            before = daemon.health("two")["measured"]
            harness.until(lambda: daemon.health("two")["measured"] != before, "two is still measured")

    def test_sighup_keeps_an_open_incident_and_its_ticket(self):
        peer = self.peer("10.201.0.10", "10.201.0.11")
        far = [endpoint(f"far-{i}", f"10.201.0.1{i}", "b") for i in range(2)]
        daemon = self.daemon(self.configure([ONE, *far], NODES)).start()
        for name in ("one", "far-0", "far-1"):
            daemon.wait_for_health(name, "ok")
        peer.silence(True)
        opened = harness.until(lambda: daemon.get("/api/v1/incidents?state=open")["items"], "an open incident")
        self.assertEqual([i["place"]["name"] for i in opened], ["site-b"])

        self.configure([TWO, ONE, *far], NODES)  # another order too: state goes by name
        daemon.process.send_signal(signal.SIGHUP)
        harness.until(lambda: self.reloads(daemon, "good") == 1, "reloaded")
        daemon.wait_for_health("two", "ok")
        self.assertEqual(daemon.health("far-0")["state"], "bad")
        still = daemon.get("/api/v1/incidents?state=all")["items"]
        self.assertEqual([(i["id"], i["state"]) for i in still if i["opened_at"]], [(opened[0]["id"], "open")])

        peer.silence(False)
        harness.until(lambda: daemon.get(f"/api/v1/incidents/{opened[0]['id']}")["state"] == "resolved", "resolved")
        daemon.wait_for_tickets((opened[0]["ticket"], "resolved"))

        # Asked to go on with a root that is no longer there, it ends what it cannot see any more.
        self.configure([ONE, TWO], NODES)
        self.assertEqual(daemon.call("POST", "/-/reload").status, 200)
        self.assertEqual([t["status"] for t in daemon.all("/api/v1/tickets")], ["resolved"])


if __name__ == "__main__":
    harness.main()
