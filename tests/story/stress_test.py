#!/usr/bin/env python3
"""A starved probe host says so: what it could not measure is "not measured", nothing is lost, no ticket, and it recovers."""
import os
import shutil
import signal
import subprocess
import sys
import time

import harness

harness.Story.network = harness.enter_network()

SITES, A_SITE = 20, 15
NODES = ["name: core, kind: core", *(f'name: agg-{a}, kind: aggregation, parents: "transport:core"' for a in range(4)),
         *(f'name: site-{s}, kind: site, parents: "transport:agg-{s % 4}"' for s in range(SITES))]
NAMES = [f"e-{s}-{i}" for s in range(SITES) for i in range(A_SITE)]
ENDPOINTS = [f'name: e-{s}-{i}, technology: ip, address: 127.1.{s}.{1 + i}, parents: "transport:site-{s}"'
             for s in range(SITES) for i in range(A_SITE)]
REFERENCES = "probe_host: {references: [127.9.0.1, 127.9.0.2]}\n"
STOPPED_S = 4


class Stress(harness.Story):
    def start(self, extra="", prefix=(), probes=None):
        daemon = self.daemon(self.configure(ENDPOINTS, NODES, extra, probes), prefix=prefix).start()
        harness.until(lambda: self.states(daemon) == {"ok"}, lambda: f"all ok, but they are {self.states(daemon)}")
        return daemon

    @staticmethod
    def states(daemon):
        return {e["health"]["state"] for e in daemon.all("/api/v1/endpoints")}

    @staticmethod
    def values(daemon, family):
        """By endpoint."""
        lines = daemon.call("GET", "/metrics").body.decode().splitlines()
        found = [line.rsplit(" ", 1) for line in lines if line.startswith(family + "{")]
        return {labels.split('endpoint="')[1].split('"')[0]: float(value) for labels, value in found}

    @staticmethod
    def not_measured(daemon):
        return daemon.metric("faultline_engine_rounds_not_measured_total")

    @staticmethod
    def reasons(daemon):
        """Of the latest rounds of a few endpoints."""
        return {r["reason"] for name in NAMES[::60] for r in daemon.get(f"/api/v1/endpoints/{name}")["rounds"]}

    def wait_until_all_are_measured_anew(self, daemon, rounds=2):
        before = self.values(daemon, "faultline_endpoint_rounds_total")
        self.assertEqual(set(before), set(NAMES))
        def anew():
            now = self.values(daemon, "faultline_endpoint_rounds_total")
            return [name for name in NAMES if now[name] < before[name] + rounds]
        harness.until(lambda: not anew(), lambda: f"measured again, but these are not: {anew()}")
        harness.until(lambda: self.states(daemon) == {"ok"}, lambda: f"all ok, but they are {self.states(daemon)}")

    def expect_that_nothing_was_said_of_the_network(self, daemon):
        lost = {name: n for name, n in self.values(daemon, "faultline_endpoint_packets_lost_total").items() if n}
        self.assertEqual(lost, {})
        said = [e for e in daemon.all("/api/v1/events") if e["kind"].startswith(("degradation.", "incident.", "ticket."))]
        self.assertEqual(said, [])
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])
        self.assertEqual(daemon.all("/api/v1/tickets"), [])

    def stop_for_a_while(self, daemon):
        """SIGSTOP and SIGCONT; not before the whole process stands still, threads and all."""
        daemon.process.send_signal(signal.SIGSTOP)
        tasks = f"/proc/{daemon.process.pid}/task"
        def stopped():
            states = []
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/stat", encoding="utf-8") as stat:
                    states.append(stat.read().rsplit(") ", 1)[1][0])
            return set(states) == {"T"}
        harness.until(stopped, "stopped")
        time.sleep(STOPPED_S)
        daemon.process.send_signal(signal.SIGCONT)

    def test_a_stopped_process(self):
        daemon = self.start()
        before = self.not_measured(daemon)
        for _ in range(2):
            self.stop_for_a_while(daemon)
            # Each has at least the round that was due or under way when the process stopped.
            harness.until(lambda: "engine_late" in self.reasons(daemon), "the reason is told", pause=0.2)
            harness.until(lambda: self.not_measured(daemon) >= before + len(NAMES), "rounds are not measured")
            before = self.not_measured(daemon)
            self.wait_until_all_are_measured_anew(daemon)
        self.expect_that_nothing_was_said_of_the_network(daemon)

    def test_the_guard_sees_a_stopped_process_by_its_references(self):
        daemon = self.start(REFERENCES)
        harness.until(lambda: daemon.metric("faultline_probe_host_healthy") == 1, "healthy")
        self.stop_for_a_while(daemon)
        harness.until(lambda: daemon.metric("faultline_probe_host_healthy") == 0, "the self-check fails")
        harness.until(lambda: daemon.metric("faultline_probe_host_healthy") == 1, "it passes again")
        self.wait_until_all_are_measured_anew(daemon)
        self.expect_that_nothing_was_said_of_the_network(daemon)

    def busy_loops(self, core, count):
        """Programs that do nothing but run, on that core."""
        loops = [subprocess.Popen(["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"],
                                  preexec_fn=harness.die_with_the_test) for _ in range(count)]
        for loop in loops:
            self.addCleanup(loop.wait)
            self.addCleanup(loop.kill)
        return loops

    def measure_beside_busy_loops(self, prefix, patience):
        if not shutil.which("taskset"):
            self.skipTest("no `taskset` (package util-linux)")
        core = max(os.sched_getaffinity(0))
        daemon = self.start(prefix=(*prefix, "taskset", "-c", str(core)))
        before = daemon.metric("faultline_engine_rounds_total")
        loops = self.busy_loops(core, 4)
        harness.until(lambda: daemon.metric("faultline_engine_rounds_total") >= before + 6 * len(NAMES), "rounds are finished",
                      patience)
        for loop in loops:
            loop.kill()
        self.wait_until_all_are_measured_anew(daemon)
        self.expect_that_nothing_was_said_of_the_network(daemon)

    def test_busy_loops_on_the_same_core(self):
        """Its turn comes late by some milliseconds: everything can be measured, and is, or is not; nothing is lost."""
        self.measure_beside_busy_loops((), harness.PATIENCE_S)

    def test_busy_loops_that_go_first(self):
        """Its turn comes late by up to a second: many rounds cannot be measured."""
        self.measure_beside_busy_loops(("nice", "-n", "19"), 4 * harness.PATIENCE_S)


if __name__ == "__main__":
    harness.main()
