#!/usr/bin/env python3
"""Writes dashboards/noc-overview.json. Dashboards are made, not clicked together: a panel is one line here."""
import json
import pathlib

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
SELECT = 'job="$job",instance=~"$instance"'
panels = []
y = 0


def panel(kind, title, width, height, queries, unit="short", description="", x=0, **options):
    panels.append({
        "id": len(panels) + 1, "type": kind, "title": title, "description": description, "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "targets": [{"refId": chr(65 + i), "expr": expr, "legendFormat": legend, "datasource": SOURCE,
                     **({"format": "table", "instant": True} if kind == "table" else {})}
                    for i, (expr, legend) in enumerate(queries)],
        "fieldConfig": {"defaults": {"unit": unit, **options.pop("defaults", {})}, "overrides": []},
        "options": options})


def steps(*pairs):
    return {"thresholds": {"mode": "absolute", "steps": [{"color": c, "value": v} for c, v in pairs]}}


BAD_ABOVE_ZERO = steps(("green", None), ("red", 1))
SEVERITIES = [("critical", "red"), ("major", "orange"), ("minor", "yellow"), ("warning", "blue")]
for i, (severity, color) in enumerate(SEVERITIES):
    panel("stat", severity.capitalize(), 3, 4, [(f'sum(faultline_incidents{{{SELECT},state=~"open|recovering",severity="{severity}"}})', "")],
          description=f"Open incidents of severity {severity}", x=3 * i, defaults=steps(("green", None), (color, 1)), colorMode="background")
panel("stat", "Endpoints bad", 3, 4, [(f'sum(faultline_endpoints{{{SELECT},state=~"bad|flapping"}})', "")], x=12, defaults=BAD_ABOVE_ZERO, colorMode="background")
panel("stat", "Endpoints measured", 3, 4, [(f'sum(faultline_endpoints{{{SELECT},state!="unknown"}})', "")], x=15)
panel("stat", "Probe host", 3, 4, [(f"min(faultline_probe_host_healthy{{{SELECT}}})", "")], x=18, defaults={
    **steps(("red", None), ("green", 1)), "mappings": [{"type": "value", "options": {"0": {"text": "blind"}, "1": {"text": "healthy"}}}]}, colorMode="background")
panel("stat", "Ticket updates waiting", 3, 4, [(f"sum(faultline_outbox_depth{{{SELECT}}})", "")], x=21, defaults=steps(("green", None), ("orange", 10)), colorMode="background")
y = 4
panel("timeseries", "Incidents by state", 12, 8, [(f"sum by (state) (faultline_incidents{{{SELECT}}})", "{{state}}")])
panel("timeseries", "Complaints a minute", 12, 8, [(f"sum by (result) (rate(faultline_complaints_total{{{SELECT}}}[5m])) * 60", "{{result}}")], x=12)
y = 12
panel("timeseries", "Packet loss by technology", 8, 8, [(f'sum by (technology) (rate(faultline_endpoint_packets_lost_total{{{SELECT}}}[2m])) / (sum by (technology) (rate(faultline_endpoint_packets_sent_total{{{SELECT}}}[2m])) > 0)', "{{technology}}")], "percentunit")
panel("timeseries", "RTT, median over endpoints", 8, 8, [(f"quantile by (technology) (0.5, faultline_endpoint_rtt_seconds{{{SELECT}}})", "{{technology}}")], "s", x=8)
panel("timeseries", "IPDV, 95 % of endpoints below", 8, 8, [(f"quantile by (technology) (0.95, faultline_endpoint_ipdv_seconds{{{SELECT}}})", "{{technology}}")], "s", x=16)
y = 20
panel("table", "Worst loss now", 8, 9, [(f"topk(15, max by (endpoint, technology, region) (faultline_endpoint_loss_ratio{{{SELECT}}}) > 0)", "")], "percentunit",
      description="Endpoints whose latest round lost packets; empty when all is well")
panel("table", "Slowest endpoints now", 8, 9, [(f"topk(15, max by (endpoint, technology, region) (faultline_endpoint_rtt_seconds{{{SELECT}}}))", "")], "s", x=8)
panel("timeseries", "RSRP of measured cells", 8, 9, [(f"min by (endpoint) (faultline_endpoint_rsrp_dbm{{{SELECT}}})", "{{endpoint}}")], "dBm", x=16)
y = 29
panel("timeseries", "Packets a second", 8, 7, [(f"rate(faultline_engine_packets_sent_total{{{SELECT}}}[1m])", "sent"), (f"rate(faultline_engine_packets_received_total{{{SELECT}}}[1m])", "received")], "pps")
panel("timeseries", "Engine lag", 8, 7, [(f"faultline_engine_lag_seconds{{{SELECT}}}", "engine"), (f"faultline_loop_lag_seconds{{{SELECT}}}", "main loop")], "s", x=8)
panel("timeseries", "Rounds not measured", 8, 7, [(f"rate(faultline_engine_rounds_not_measured_total{{{SELECT}}}[5m])", "not measured a second")], x=16)

variables = [
    {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source", "current": {}},
    {"name": "job", "type": "query", "label": "Job", "datasource": SOURCE, "query": "label_values(faultline_build_info, job)", "refresh": 1, "current": {}},
    {"name": "instance", "type": "query", "label": "Instance", "datasource": SOURCE, "query": 'label_values(faultline_build_info{job="$job"}, instance)', "refresh": 1, "includeAll": True, "multi": True, "current": {}},
]
dashboard = {"uid": "faultline-noc", "title": "Faultline: NOC overview", "tags": ["faultline"], "timezone": "browser", "schemaVersion": 37, "version": 1,
             "refresh": "10s", "time": {"from": "now-1h", "to": "now"}, "templating": {"list": variables}, "panels": panels}
out = pathlib.Path(__file__).parent / "dashboards" / "noc-overview.json"
out.write_text(json.dumps(dashboard, indent=1) + "\n")
