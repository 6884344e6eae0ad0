#!/usr/bin/env python3
"""Tells the story of a running demonstration from Faultline's own API, and judges it.

watch.py URL [--truth FILE] [--program PID]

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
        self.opened = set()  # of what is only suspected nothing is told
        self.measured = {}  # by incident: what was measured, in words

    def poll(self):
        new = [e for e in get(f"{self.url}/api/v1/events?limit=500")["items"] if e["sequence"] > self.seen_event]
        self.incidents = get(f"{self.url}/api/v1/incidents?state=all&limit=100")["items"]
        for incident in self.incidents:
            if incident["state"] == "open":
                argument = get(f"{self.url}/api/v1/incidents/{incident['id']}?why=1")["why"]["argument"]
                self.measured[incident["id"]] = argument["measured"] if argument else []
        for event in reversed(new):
            self.seen_event = event["sequence"]
            self.events.append(event)
            self.tell(event)
        self.tickets = get(f"{self.url}/tmf-api/troubleTicket/v5/troubleTicket?limit=100")
        self.complaints = get(f"{self.url}/api/v1/complaints?limit=1000")["items"]

    def tell(self, event):
        at = seconds(event["at"])
        if event["kind"] == "daemon.started" or self.started is None:
            self.started = self.started or at
        what = event["kind"].partition(".")[2].upper()
        if event["kind"] == "incident.opened":
            self.opened.add(event["subject"])
        if event["kind"].startswith("incident.") and event["subject"] in self.opened:
            print(f"{stamp(at - self.started)}  faultline: {event['subject']} {what}: {event['reason']}", flush=True)
            if what == "OPENED":
                for line in self.measured.get(event["subject"], []):
                    if ": median " in line and not line.startswith("loss: median 0 %"):
                        print(f"       {line}", flush=True)
        if event["kind"] == "complaint.attached":
            print(f"{stamp(at - self.started)}  faultline: {event['reason']} belongs to {event['subject']}", flush=True)


def stamp(span):
    return f"{int(span) // 60:02d}:{int(span) % 60:02d}"


# What each kind of fault is to become: the cause of its ticket, how soon, and what must stand in it as measured.
EXPECTED = {"cut": ("transport", 45, "loss"), "light": ("access_plant", 120, "received light")}


def judge_fault(watcher, truth, fault, opened):
    """Each check of one fault: (what, whether, the figure)."""
    cause, limit, measure = EXPECTED[fault["kind"]]
    place, began, ended = fault["target"], seconds(fault["begin"]), seconds(fault["end"])
    mine = next((i for i in opened if i["place"]["name"] == place), None)
    delay = seconds(mine["opened_at"]) - began if mine else None
    found = mine["likely_cause"]["cause"] if mine and mine["likely_cause"] else "none"
    measured = next((m for m in watcher.measured.get(mine["id"], []) if m.startswith(measure + ":")), None) if mine else None
    ticket = next((t for t in watcher.tickets if mine and t["id"] == mine["id"]), None)
    after = seconds(mine["resolved_at"]) - ended if mine and mine["resolved_at"] else None
    checks = [
        (f"{place}: an incident was opened there within {limit} s of the fault", delay is not None and 0 <= delay <= limit,
         f"{delay:.1f} s" if delay is not None else "never"),
        (f"{place}: its likely cause is {cause}", found == cause, found),
        (f"{place}: its ticket says the {measure} that was measured", bool(measured and ticket and measured in ticket["description"]),
         measured or "nothing"),
        (f"{place}: it was resolved after the repair, and so is its ticket", after is not None and after >= 0 and ticket["status"] == "resolved",
         f"{after:.1f} s after" if after is not None else "never"),
    ]
    in_area = set(fault["complaints"])
    if in_area:
        attached = {c["id"] for c in watcher.complaints if mine and c["incident"] == mine["id"]}
        outside = {c["id"] for c in truth["complaints"]} - in_area
        checks += [(f"{place}: every complaint of its area is attached", in_area <= attached, f"{len(in_area & attached)} of {len(in_area)}"),
                   ("the complaint from elsewhere is not", bool(outside) and not outside & attached, f"{len(outside & attached)} of {len(outside)}")]
    return checks


def judge(watcher, truth):
    """Prints each check, and the tickets; true if all are well."""
    faults = truth["faults"]
    opened = [i for i in watcher.incidents if i["opened_at"]]
    checks = [(f"{len(faults)} faults, {len(faults)} incidents", len(opened) == len(faults),
               ", ".join(i["place"]["name"] for i in opened) or "none"),
              ("as many tickets are in the book", len(watcher.tickets) == len(faults), len(watcher.tickets))]
    for fault in faults:
        checks += judge_fault(watcher, truth, fault, opened)
    print()
    for what, good, figure in checks:
        print(f"{'ok    ' if good else 'FAILED'}  {what} ({figure})")
    for ticket in reversed(watcher.tickets):
        print(f"\nThe ticket:\n  {ticket['id']}: {ticket['name']}")
        for line in ticket["description"].splitlines():
            print(f"  {line}")
    return all(good for _, good, _ in checks)


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
        return 0 if judge(watcher, json.load(file)) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
