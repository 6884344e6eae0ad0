#!/usr/bin/env python3
"""Turns Google Benchmark's JSON (stdin, aggregates) into figure lines, by the targets below."""
import json
import sys

# Benchmark, figure, unit and its nanoseconds, most (CPU time; see README.md for where the numbers come from).
TARGETS = [
    ("packet_round/5000", "detect_packet_round_5000", "ns", 1, 300),
    ("packet_round/100000", "detect_packet_round_100000", "ns", 1, 1000),
    ("signal_round/5000", "detect_signal_round_5000", "ns", 1, 600),
    ("tick/5000", "detect_tick_5000", "us", 1e3, 250),
    ("tick/100000", "detect_tick_100000", "ms", 1e6, 5),
]
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}

medians = {run["run_name"]: run["cpu_time"] * NANOSECONDS[run["time_unit"]]
           for run in json.load(sys.stdin)["benchmarks"] if run.get("aggregate_name") == "median"}
for benchmark, figure, unit, scale, most in TARGETS:
    value = medians[benchmark] / scale
    print(f"figure {figure} {value:.3g} {unit} target <= {most} {'hit' if value <= most else 'miss'}", flush=True)
