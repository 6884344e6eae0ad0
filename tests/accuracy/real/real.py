#!/usr/bin/env python3
"""Recorded data of others through the daemon's own rules, scored by the scorers that came with it. Prints what each set says and
a line "figure NAME VALUE UNIT target OP NUMBER hit|miss" for each target. See README.md of the folder above."""
import argparse
import collections
import csv
import datetime
import functools
import gzip
import itertools
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("programs", help="the folder of real_series and real_complaints")
parser.add_argument("--data", default=os.environ.get("FAULTLINE_SHARED_DATA", os.path.join(HERE, "../../../../shared/data")),
                    help="the folder with rtt, nab and complaints [FAULTLINE_SHARED_DATA, or ../shared/data beside the project]")
parser.add_argument("--short", action="store_true", help="without what only describes (for every test run)")
parser.add_argument("--sets", nargs="+", choices=["rtt", "nab", "complaints"], default=["rtt", "nab", "complaints"])
options = parser.parse_args()
missed = 0


def figure(name, value, unit, op, target):
    global missed
    hit = value <= target if op == "<=" else value >= target if op == ">=" else value == target
    missed += not hit
    print(f"figure {name} {value:.4g} {unit} target {op} {target:g} {'hit' if hit else 'miss'}", flush=True)


def say(text):
    print(f"  {text}", flush=True)


def output_of(command, given=None):
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout


def seconds(text, *formats):
    """Since 1970, the time taken as it stands: none of the sets names a zone."""
    for one in formats:
        try:
            return int(datetime.datetime.strptime(text, one).replace(tzinfo=datetime.timezone.utc).timestamp())
        except ValueError:
            pass
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp())


class Series:
    """What real_series says of a set of series: changes and scores by name."""

    def __init__(self, given, rules, *arguments):
        command = [os.path.join(options.programs, "real_series"), *arguments]
        if rules:
            command += ["--rules", *rules]
        self.changes, self.scores = {}, {}
        for line in output_of(command, given).splitlines():
            words = line.split()
            if words[0] == "#":
                name = words[1]
                self.changes[name], self.scores[name] = [], []
            elif words[0] == "row":
                self.scores[name].append((float(words[1]), float(words[2])))
            else:
                self.changes[name].append((words[0], int(words[1]), int(words[2]), float(words[3])))


class Variants:
    """Rule files over one, with some of its numbers changed: each key a path, each value a list to try."""

    def __init__(self, rules, numbers):
        self.rules, self.numbers = rules, numbers

    def each(self):
        for values in itertools.product(*self.numbers.values()):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                tree = {}
                for path, value in zip(self.numbers, values):
                    *folders, last = path.split(".")
                    place = tree
                    for folder in folders:
                        place = place.setdefault(folder, {})
                    place[last] = value
                file.write(json.dumps(tree))
                file.flush()
                yield ", ".join(f"{path.split('.')[-1]} {value}" for path, value in zip(self.numbers, values)), [self.rules, file.name]


# Round trips of RIPE Atlas, every change of a millisecond and more labelled.

def rtt_series(folder):
    text = []
    for file in sorted(os.listdir(folder)):
        text.append(f"# {file}")
        with open(os.path.join(folder, file), encoding="utf-8") as rows:
            for row in csv.DictReader(rows, delimiter=";"):
                at = seconds(row["epoch"], *["%d/%m/%Y %H:%M"] * ("/" in row["epoch"]))
                value = float(row["rtt"].replace(",", "."))
                text.append(f"{at} {value if value > 0 else '-'}")
    return "\n".join(text)


def score_rtt(series, *arguments, known=False):
    """What the scorer says: by rows where a change began, or (late) where it was known."""
    with tempfile.TemporaryDirectory() as folder:
        for name, changes in series.changes.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                # A new usual is no change of its own: it is the one that began before.
                rows = {change[2] if known else change[1] for change in changes if change[0] != "usual"}
                file.writelines(f"{row}\n" for row in sorted(rows))
        said = output_of([sys.executable, os.path.join(options.data, "rtt/score_rtt.py"), folder, *arguments])
    return {key: float(value) for key, value in re.findall(r"(F1|precision|recall|fp/trace-day)=([\d.]+)", said)}


def describe_rtt(name, score):
    say(f"{name:34s} F1 {score['F1']:.3f} (precision {score['precision']:.3f}, recall {score['recall']:.3f}), "
        f"{score['fp/trace-day']:.2f} false alarms a day")


def rtt():
    print("\nround trips of RIPE Atlas")
    given = rtt_series(os.path.join(options.data, "rtt/dataset/real_trace_labelled"))
    rules = os.path.join(HERE, "rtt.yaml")
    own = Series(given, [rules], "--rtt")
    score = score_rtt(own)
    describe_rtt("parameters of the set", score)
    describe_rtt("when it was known, up to 8 late", score_rtt(own, "--late", "8", known=True))
    describe_rtt("as shipped, for a NOC", score_rtt(Series(given, [], "--rtt")))
    if not options.short:
        cross_rtt(given, rules)
    figure("real_rtt_f1", score["F1"], "share", ">=", 0.665)
    figure("real_rtt_false_alarms", score["fp/trace-day"], "a day", "<=", 0.38)


def cross_rtt(given, rules):
    """Numbers chosen on one half of the series, scored on the other: what they are worth on series not seen."""
    tried = []
    for name, files in Variants(rules, RTT_TRIED).each():
        series = Series(given, files, "--rtt")
        tried.append((name, {half: score_rtt(series, "--split", half) for half in ("tune", "rest")}))
    for chosen, other in (("tune", "rest"), ("rest", "tune")):
        allowed = [one for one in tried if one[1][chosen]["fp/trace-day"] <= 0.38] or tried
        name, scores = max(allowed, key=lambda one: one[1][chosen]["F1"])
        describe_rtt(f"chosen on the half '{chosen}': {name}", scores[chosen])
        describe_rtt("  on the other half", scores[other])


RTT_TRIED = {
    "detect.change.unverified_threshold": [10.5, 12, 13.5],  # 7, 8 and 9 rounds
    "detect.baseline.rebase_after": ["20m", "45m", "90m"],
    "detect.metrics.rtt_ms.scale_floor": [0.3, 0.5, 0.7],
}


# The Numenta Anomaly Benchmark: quantities of any kind, windows in which something was wrong.

def nab_windows():
    with open(os.path.join(options.data, "nab/labels/combined_windows.json"), encoding="utf-8") as file:
        return json.load(file)


@functools.cache
def nab_rows(name):
    with open(os.path.join(options.data, "nab/data", name), encoding="utf-8") as rows:
        return [(seconds(row["timestamp"][:19]), float(row["value"])) for row in csv.DictReader(rows)]


def nab_series(names):
    """In units of the spread of the first 15 %, which the benchmark gives for learning and does not score: a floor of the scale
    means nothing otherwise, as the quantities run from shares to gigabytes."""
    text = []
    for name in names:
        rows = nab_rows(name)
        first = [value for _, value in rows[:int(min(0.15 * len(rows), 750))]]
        unit = statistics.pstdev(first) or abs(first[0]) or 1
        text.append(f"# {name}")
        text += [f"{at} {value / unit:.9g}" for at, value in rows]
    return "\n".join(text)


def nab_scores(series):
    """How far out each row is, if it is further out than every row of the two days before."""
    return {name: quieted(name, [max(0.0, score) for score, _ in rows]) for name, rows in series.scores.items()}


def quieted(name, scores):
    """An alarm that says no more than one of the last two days says nothing new: it scores nothing. From 0 to 1."""
    new, higher = [], []  # what was higher than all after it
    for (at, _), score in zip(nab_rows(name), scores):
        while higher and higher[-1][1] < score:
            higher.pop()
        is_new = not higher or at - higher[-1][0] > NAB_QUIET_S
        new.append(score / (1 + score) if is_new else 0.0)
        higher.append((at, score))
    return new


def windowed_gaussian(values, window=6400, step=100):
    """The benchmark's own simple detector: deviations from the mean of the window before, which is moved on by `step` values once it
    is full."""
    scores, past, later = [], [], []
    total = squares = 0.0
    mean, deviation = 0.0, 1.0
    for value in values:
        scores.append(abs(value - mean) / deviation if past else 0.0)
        if len(past) < window:
            past.append(value)
            total, squares = total + value, squares + value * value
            mean = total / len(past)
            deviation = math.sqrt(max(0.0, squares / len(past) - mean * mean)) or 1e-6
            continue
        later.append(value)
        if len(later) == step:
            past, later = past[step:] + later, []
            mean, deviation = statistics.fmean(past), statistics.pstdev(past) or 1e-6
    return scores


def score_nab(scores, names=None, threshold=None):
    """Score and threshold of the standard profile; all files, or some of them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in scores.items():
            os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("anomaly_score\n" + "".join(f"{score!r}\n" for score in rows))
        nab = os.path.join(options.data, "nab")
        command = [sys.executable, f"{nab}/score_nab.py", f"{nab}/data", f"{nab}/labels/combined_windows.json", f"{nab}/config/profiles.json",
                   folder]
        if names:
            command += ["--only", "^(" + "|".join(map(re.escape, names)) + ")$"]
        if threshold is not None:
            command += ["--thr", repr(threshold)]
        said = output_of(command)
    return [float(one) for one in re.search(r"^standard +score= *([-\d.]+) thr=([\d.]+)", said).groups()]


def nab():
    print("\nNumenta Anomaly Benchmark, standard profile (0: says nothing, 100: perfect)")
    names = sorted(nab_windows())
    given = nab_series(names)
    rules = os.path.join(HERE, "nab.yaml")
    own, _ = score_nab(nab_scores(Series(given, [rules], "--rows")))
    simple = NAB_GAUSSIAN
    say(f"parameters of the set {own:.1f}, {len(names)} series")
    if not options.short:
        shipped, _ = score_nab(nab_scores(Series(given, [], "--rows")))
        gaussian = {name: windowed_gaussian([value for _, value in nab_rows(name)]) for name in names}
        simple, _ = score_nab({name: [1 - 0.5 * math.erfc(score / math.sqrt(2)) for score in scores] for name, scores in gaussian.items()})
        quiet, _ = score_nab({name: quieted(name, scores) for name, scores in gaussian.items()})
        say(f"as shipped, for a NOC {shipped:.1f}")
        say(f"windowed Gaussian {simple:.1f}; with the same two days of quiet {quiet:.1f}")
        cross_nab(given, rules, names)
    figure("real_nab_standard", own, "points", ">=", simple)


def cross_nab(given, rules, names):
    """Numbers and threshold chosen on every other series, scored on those between."""
    halves = {"even": names[0::2], "odd": names[1::2]}
    tried = [(name, nab_scores(Series(given, files, "--rows"))) for name, files in Variants(rules, NAB_TRIED).each()]
    for chosen, other in (("even", "odd"), ("odd", "even")):
        name, scores, (best, threshold) = max(((name, scores, score_nab(scores, halves[chosen])) for name, scores in tried),
                                              key=lambda one: one[2][0])
        held_out, _ = score_nab(scores, halves[other], threshold)
        say(f"chosen on the {chosen} series ({name}, threshold {threshold:.3f}): {best:.1f}; on the {other} ones {held_out:.1f}")


NAB_QUIET_S = 48 * 3600
NAB_GAUSSIAN = 44.57  # what the full form finds for it, for the short one
NAB_TRIED = {
    "detect.change.unverified_threshold": [20, 50],
    "detect.baseline.half_life_visits": [1, 3],
    "detect.metrics.throughput_bps.scale_floor": [0.2, 0.5, 1],
}


# Complaints to the FCC about one operator, ten calm weeks.

OUTBREAKS = ("303", "606", "388", "059")  # where many complained (Atlanta, Chicago), few (Tupelo) and hardly anybody (Vermont)
OUTBREAK_CALLERS = 12
SHIPPED_PER_HOUR = 2.5e-5  # complaints of a customer of a fixed line, as shipped


def read_complaints():
    calls = []
    with open(os.path.join(options.data, "complaints/fcc_complaints_2015-04-01_to_06-09.csv"), encoding="utf-8", errors="replace") as file:
        for row in csv.DictReader(file):
            at = seconds(f"{row['Date']} {row['Time']}", "%d-%m-%y %I:%M:%S %p", "%Y-%m-%d %I:%M:%S %p")
            calls.append((at, row["Zip code"].zfill(5)))
    return sorted(calls)


def read_places():
    with gzip.open(os.path.join(options.data, "complaints/us_zip_centroids.tsv.gz"), "rt", encoding="utf-8") as file:
        return {row["zip"].zfill(5): (row["state_code"], row["lat"], row["lon"]) for row in csv.DictReader(file, delimiter="\t")}


def add_outbreaks(calls, places):
    """One a day from the day after the last real complaint on: a dozen customers of one area within an hour."""
    dice = random.Random(1)
    begins = []
    for area in OUTBREAKS:
        day = calls[-1][0] // 86400 + 1
        begins.append((area, day * 86400 + 14 * 3600))
        zips = sorted(code for code in places if code.startswith(area))
        calls += sorted((begins[-1][1] + dice.randrange(3600), dice.choice(zips)) for _ in range(OUTBREAK_CALLERS))
    return begins


def inventory(calls, places, is_even):
    """An endpoint for every postcode of the states that complain. How many customers each has is not in the data, and every
    operator knows it: as many in a state as its share of the complaints says, so that the shipped rate is right in sum. `is_even`:
    the same number everywhere, a wrong inventory."""
    complain = collections.Counter(places[code][0] for _, code in calls if code in places)
    postcodes = collections.Counter(state for state, _, _ in places.values() if state in complain)
    customers = len(calls) / ((calls[-1][0] - calls[0][0]) / 3600) / SHIPPED_PER_HOUR
    for code, (state, latitude, longitude) in sorted(places.items()):
        if state not in complain:
            continue
        of_each = customers / sum(postcodes.values()) if is_even else customers * complain[state] / len(calls) / postcodes[state]
        yield f"place {code} area-{code[:3]} {state or 'none'} {latitude} {longitude} {max(1, round(of_each))}"


def opened(calls, lines):
    text = "\n".join([*lines, *(f"call {at} {code}" for at, code in calls)])
    found = []
    for line in output_of([os.path.join(options.programs, "real_complaints")], text).splitlines():
        words = line.split(maxsplit=5)
        if words[0] == "opened":
            found.append((int(words[1]), words[2]))
            say(f"{datetime.datetime.fromtimestamp(found[-1][0], datetime.timezone.utc):%Y-%m-%d %H:%M} {words[2]}: {words[5]}")
        elif words[0] == "#":
            say(line[2:])
    return found


def complaints():
    print("\ncomplaints to the FCC, calm, then an invented outbreak a day")
    calls, places = read_complaints(), read_places()
    lines = list(inventory(calls, places, is_even=False))
    last = calls[-1][0]
    if not options.short:
        print("  -- with the same number of customers in every postcode, an inventory that is wrong by three to five in places:")
        opened(calls, inventory(calls, places, is_even=True))
        print("  -- with customers by state:")
    begins = add_outbreaks(calls, places)
    found = opened(calls, lines)
    hit = sum(any(begin <= at < begin + 7200 and root == f"area-{area}" for at, root in found) for area, begin in begins)
    figure("real_complaints_false_incidents", sum(at <= last for at, _ in found), "incidents", "==", 0)
    figure("real_complaints_outbreaks_found", hit, "outbreaks", "==", len(OUTBREAKS))
    figure("real_complaints_incidents_of_outbreaks", sum(at > last for at, _ in found), "incidents", "==", len(OUTBREAKS))


if not os.path.isdir(options.data):
    print(f"skipped: no recorded data at {options.data} (set FAULTLINE_SHARED_DATA)")
    sys.exit(SKIPPED)
for chosen in options.sets:
    {"rtt": rtt, "nab": nab, "complaints": complaints}[chosen]()
sys.exit(1 if missed else 0)
