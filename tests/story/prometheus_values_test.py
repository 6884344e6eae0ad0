#!/usr/bin/env python3
"""Values that a real Prometheus has: endpoints without an address, the light of an OLT's ports that fades and comes back as
one ticket, and a Prometheus that dies, which says nothing about the network."""
import http.server
import threading

import harness

harness.Story.network = harness.enter_network()

OLTS, ONUS = 3, 8  # of each


class Exporter:
    """Says the light of every ONU, in dBm; that of `faded` OLTs is too low."""

    def __init__(self):
        exporter = self
        self.faded = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = "".join(f'onu_rx_millidbm{{onu="onu-{olt}-{onu}"}} {-31500 if olt in exporter.faded else -20000 - 10 * onu}\n'
                               for olt in range(OLTS) for onu in range(ONUS)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class PrometheusValues(harness.Story):
    def start_prometheus(self, exporter):
        prometheus = self.prometheus(f"""\
global: {{scrape_interval: 1s}}
scrape_configs:
  - {{job_name: olt, static_configs: [{{targets: ["127.0.0.1:{exporter.server.server_port}"]}}]}}
""")

        def knows():
            return b"onu-2-7" in harness.call(prometheus.port, "GET", "/api/v1/query?query=onu_rx_millidbm", timeout=5).body
        harness.until(knows, "Prometheus has scraped the exporter", 60)
        return prometheus

    def test_fading_light_is_one_ticket_and_a_dead_prometheus_is_none(self):
        exporter = Exporter()
        self.addCleanup(exporter.close)
        prometheus = self.start_prometheus(exporter)
        endpoints = [f"name: onu-{olt}-{onu}, technology: ip, parents: transport:olt-{olt}" for olt in range(OLTS) for onu in range(ONUS)]
        nodes = ["name: core, kind: core", *(f"name: olt-{olt}, kind: olt, parents: transport:core" for olt in range(OLTS))]
        probes = (f"prometheus: {{interval: 2s, timeout: 1s, url: 'http://127.0.0.1:{prometheus.port}', label: onu, "
                  "optical_rx_dbm: onu_rx_millidbm / 1000}")
        daemon = self.daemon(self.configure(endpoints, nodes=nodes, probes=probes)).start()

        light = 'faultline_endpoint_optical_rx_dbm{endpoint="onu-1-3",technology="ip",probe="prometheus"}'
        harness.until(lambda: daemon.metric(light) == -20.03, lambda: f"the light, {daemon.metric(light)}")
        for onu in range(ONUS):
            daemon.wait_for_health(f"onu-2-{onu}", "ok")

        exporter.faded.add(1)
        daemon.wait_for_tickets(("FL-1", "acknowledged"))
        incident = daemon.get("/api/v1/incidents/FL-1")
        self.assertEqual((incident["place"]["name"], incident["bad"]), ("olt-1", ONUS), incident)
        self.assertEqual(daemon.metric(light), -31.5)
        exporter.faded.clear()
        daemon.wait_for_tickets(("FL-1", "resolved"))

        # A Prometheus that is gone is nobody's fault in the network.
        prometheus.kill()
        unmeasured = light.replace("optical_rx_dbm", "rounds_not_measured_total")
        before = daemon.metric(unmeasured) or 0
        harness.until(lambda: daemon.metric(unmeasured) >= before + 3, lambda: f"not measured, {daemon.metric(unmeasured)}")
        self.assertEqual([i["id"] for i in daemon.all("/api/v1/incidents")], ["FL-1"])
        self.assertIn("prometheus.failed", daemon.log)
        self.assertEqual(daemon.log.count("prometheus.failed"), 1, "said once, when it begins")


if __name__ == "__main__":
    harness.main()
