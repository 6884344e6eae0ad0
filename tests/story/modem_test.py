#!/usr/bin/env python3
"""Modems on pseudo-terminals: their values, nonsense from them, and one that is pulled out and comes back."""
import os
import pty
import select
import threading
import tty

import harness

harness.Story.network = harness.enter_network()

# 3GPP TS 27.007: RSRP = index - 141 dBm, RSRQ = index / 2 - 20 dB. As a Quectel modem says it: RSRP, RSRQ, RSSI, SINR.
SERVING = ('+QENG: "servingcell","NOCONN","LTE","FDD",204,08,1A2B3C4,101,1300,3,5,5,2B67,-95,-9,-66,14,37\r\n')


class FakeModem(threading.Thread):
    """A terminal that answers commands as `answer(command)` says; `path` is a link, so that it can come back under it."""

    def __init__(self, path, answer):
        super().__init__(daemon=True)
        self.path, self.answer, self.stopping = path, answer, False
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), path)
        self.start()

    def run(self):
        line = b""
        while not self.stopping:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                line += os.read(self.master, 512)
            except OSError:
                continue
            while b"\r" in line:
                command, _, line = line.partition(b"\r")
                reply = self.answer(command.decode(errors="replace"))
                if reply:
                    os.write(self.master, reply)

    def unplug(self):
        self.stopping = True
        self.join()
        os.unlink(self.path)
        os.close(self.slave)
        os.close(self.master)


def good(command):
    if "QENG" in command:
        return f"\r\n{SERVING}\r\nOK\r\n".encode()
    return b"\r\n+CESQ: 99,99,255,255,22,46\r\n\r\nOK\r\n" if "CESQ" in command else b"\r\nOK\r\n"


def only_cesq(command):
    return good(command) if "CESQ" in command else b"\r\nERROR\r\n"


def nonsense(_):
    return b"\r\n+CESQ: a,b\r\n\xff\xfe{}[];;--9999999999999\r\n\r\nOK\r\n"


class Modems(harness.Story):
    def start(self, **modems):
        self.modems = {}
        for name, answer in modems.items():
            self.plug(name, answer)
        endpoints = [f"name: {name}, technology: lte, address: 127.0.0.1, device: {self.directory / name}" for name in modems]
        probes = f"{harness.icmp()}}}, {{modem: {{interval: 1s, timeout: 800ms}}"
        return self.daemon(self.configure(endpoints, probes=probes)).start()

    def plug(self, name, answer):
        self.modems[name] = FakeModem(self.directory / name, answer)

    def tearDown(self):
        for modem in self.modems.values():
            if not modem.stopping:
                modem.unplug()

    @staticmethod
    def modem_round(daemon, name):
        rounds = daemon.get(f"/api/v1/endpoints/{name}")["rounds"]
        return next((r for r in rounds if r["probe"] == "modem"), None)

    def wait_for(self, daemon, name, outcome, reason=None):
        return harness.until(lambda: (r := self.modem_round(daemon, name)) and (r["outcome"], r["reason"]) == (outcome, reason) and r,
                             lambda: f"{name} {outcome} {reason}, but it is {self.modem_round(daemon, name)}")

    def test_values_are_read_and_published(self):
        daemon = self.start(quectel=good, plain=only_cesq)
        values = self.wait_for(daemon, "quectel", "ok")["values"]
        self.assertEqual({k: values[k] for k in ("rsrp_dbm", "rsrq_db", "sinr_db")}, {"rsrp_dbm": -95, "rsrq_db": -9, "sinr_db": 14})
        values = self.wait_for(daemon, "plain", "ok")["values"]
        self.assertEqual((values["rsrp_dbm"], "sinr_db" in values), (-95, False))
        metrics = daemon.call("GET", "/metrics").body.decode().splitlines()
        self.assertTrue([m for m in metrics if 'endpoint="quectel"' in m and "rsrp" in m and m.endswith(" -95")],
                        [m for m in metrics if "rsrp" in m])
        self.assertEqual([daemon.health(n)["state"] for n in ("quectel", "plain")], ["ok", "ok"])

    def test_nonsense_is_malformed_and_silence_a_time_out(self):
        daemon = self.start(mad=nonsense, mute=lambda _: b"", good=good)
        self.assertEqual(self.wait_for(daemon, "mad", "malformed")["values"], {})
        self.wait_for(daemon, "mute", "timed_out")
        self.wait_for(daemon, "good", "ok")
        self.assertEqual(daemon.all("/api/v1/incidents?state=open"), [])

    def test_one_that_vanishes_is_not_measured_and_recovers_when_it_is_back(self):
        daemon = self.start(roving=good)
        self.wait_for(daemon, "roving", "ok")
        self.modems["roving"].unplug()
        gone = self.wait_for(daemon, "roving", "not_measured", "device_gone")
        self.assertEqual(gone["values"], {})
        # The rest of the endpoint is still measured, and what is not measured is not lost.
        self.assertEqual(daemon.health("roving")["state"], "ok")
        self.assertEqual(daemon.all("/api/v1/degradations"), [])
        self.plug("roving", good)
        self.assertEqual(self.wait_for(daemon, "roving", "ok")["values"]["rsrp_dbm"], -95)
        self.assertEqual(daemon.all("/api/v1/incidents?state=all"), [])


if __name__ == "__main__":
    harness.main()
