#!/usr/bin/env python3
"""Tells the story of a running demonstration from Faultline's own API, and judges it.

watch.py URL [--truth FILE] [--scenario FILE] [--program PID] [--seconds N]

Without --truth it only narrates until it is stopped. With it, it waits until the program with that pid has ended,
compares what Faultline believed with what the virtual network really did, and exits 1 if any check fails.
"""
import argparse
import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.request

QUIET = {"incident.suspected", "incident.withdrawn"}  # suspicions that come and go


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Watcher:
    """Polls the API and keeps the latest of everything, since the program may end between two polls."""

    def __init__(self, url):
        self.url = url
        self.seen_event = 0
        self.events, self.incidents, self.tickets, self.complaints = [], [], [], []
        self.started = None
        self.fault_lines = {}

    def poll(self):
        new = [e for e in get(f"{self.url}/api/v1/events?limit=500")["items"] if e["sequence"] > self.seen_event]
        for event in reversed(new):
            self.seen_event = event["sequence"]
            self.events.append(event)
            self.tell(event)
        self.incidents = get(f"{self.url}/api/v1/incidents?state=all&limit=100")["items"]
        self.tickets = get(f"{self.url}/tmf-api/troubleTicket/v5/troubleTicket?limit=100")
        self.complaints = get(f"{self.url}/api/v1/complaints?limit=1000")["items"]

    def tell(self, event):
        at = seconds(event["at"])
        if event["kind"] == "daemon.started" or self.started is None:
            self.started = self.started or at
        if event["kind"].startswith("incident.") and event["kind"] not in QUIET:
            what = event["kind"].split(".")[1].upper()
            print(f"{stamp(at - self.started)}  faultline: {event['subject']} {what}: {event['reason']}", flush=True)
        if event["kind"] == "complaint.attached":
            print(f"{stamp(at - self.started)}  faultline: {event['reason']} belongs to {event['subject']}", flush=True)


def stamp(span):
    return f"{int(span) // 60:02d}:{int(span) % 60:02d}"


def judge(watcher, truth):
    """Each check: (what, whether, the figure)."""
    fault = truth["faults"][0]
    began, ended = seconds(fault["begin"]), seconds(fault["end"])
    opened = [i for i in watcher.incidents if i["opened_at"]]
    mine = next((i for i in opened if i["place"]["name"] == fault["target"]), None)
    in_area = set(fault["complaints"])
    outside = {c["id"] for c in truth["complaints"]} - in_area
    attached = {c["id"] for c in watcher.complaints if mine and c["incident"] == mine["id"]}
    delay = seconds(mine["opened_at"]) - began if mine else None
    checks = [
        ("one incident was opened", len(opened) == 1, len(opened)),
        (f"it is at {fault['target']}, where the fault was", mine is not None, ", ".join(i["place"]["name"] for i in opened) or "none"),
        ("within 45 s of the fault", delay is not None and 0 <= delay <= 45, f"{delay:.1f} s" if delay is not None else "never"),
        ("its likely cause is transport", mine is not None and mine["likely_cause"] and mine["likely_cause"]["cause"] == "transport",
         mine["likely_cause"]["cause"] if mine and mine["likely_cause"] else "none"),
        ("every complaint of its area is attached", bool(in_area) and in_area <= attached, f"{len(in_area & attached)} of {len(in_area)}"),
        ("the complaint from elsewhere is not", bool(outside) and not (outside & attached), f"{len(outside & attached)} of {len(outside)}"),
        ("it was resolved after the repair", mine is not None and mine["resolved_at"] is not None and seconds(mine["resolved_at"]) >= ended,
         f"{seconds(mine['resolved_at']) - ended:.1f} s after" if mine and mine["resolved_at"] else "never"),
        ("exactly one ticket is in the book, and resolved", len(watcher.tickets) == 1 and watcher.tickets[0]["status"] == "resolved",
         f"{len(watcher.tickets)} ticket(s): {', '.join(t['status'] for t in watcher.tickets)}"),
    ]
    print()
    for what, good, figure in checks:
        print(f"{'ok    ' if good else 'FAILED'}  {what} ({figure})")
    if watcher.tickets:
        print(f"\nThe ticket:\n  {watcher.tickets[0]['id']}: {watcher.tickets[0]['name']}")
        for line in watcher.tickets[0]["description"].splitlines():
            print(f"  {line}")
    return all(good for _, good, _ in checks), delay


def alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--truth")
    parser.add_argument("--program", type=int, help="pid of the virtual network")
    arguments = parser.parse_args()
    watcher = Watcher(arguments.url)
    reached = False
    while arguments.program is None or alive(arguments.program):
        try:
            watcher.poll()
            reached = True
        except (urllib.error.URLError, ConnectionError, TimeoutError, json.JSONDecodeError):
            pass  # not up yet, or just ended
        time.sleep(0.5)
    if not reached:
        print("Faultline's API was never reached", file=sys.stderr)
        return 1
    if not arguments.truth:
        return 0
    with open(arguments.truth, encoding="utf-8") as file:
        good, _ = judge(watcher, json.load(file))
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
