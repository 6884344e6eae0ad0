#!/usr/bin/env python3
"""The demonstration of `deploy/run --once` as it is shipped: a fading OLT port and a cut ring, each with its one ticket.

The configuration, the scenario and the judge are those of deploy/demo; only the program is this build's.
"""
import pathlib
import shutil
import subprocess
import sys

import harness

harness.Story.network = harness.enter_network()

DEMO = pathlib.Path(__file__).resolve().parents[2] / "deploy/demo"
IN_THE_LAB = 9464  # inside the lab's own network, where the lab hands in the complaints
PLAYS_S = 170      # as long as the scenario
LATE_S = 60        # to begin and to end, on a busy machine


class Demonstration(harness.Story):
    def play(self):
        at = self.directory
        made = harness.run(harness.LAB, "generate", "--seed", "7", "--output", at / "city")
        self.assertEqual(made.returncode, 0, made.stderr)
        for name in ("faultline.yaml", "rules.yaml"):
            shutil.copy(DEMO / name, at)
        lab = (harness.LAB, "run", "--inventory", at / "city", "--scenario", DEMO / "story.scenario", "--truth", at / "truth.json",
               "--seed", "7", "--modems", at / "modems", "--listen", "127.0.0.1:0", "--api", f"http://127.0.0.1:{IN_THE_LAB}",
               "--until-scenario-end", "--")
        lab = self.daemon(at / "faultline.yaml", prefix=lab).start(wait=False)
        lab.wait_until_it_listens(inside=IN_THE_LAB)
        return lab

    def test_both_faults_are_found_named_and_seen_to_end(self):
        lab = self.play()
        judged = subprocess.run([sys.executable, "-B", DEMO / "watch.py", f"http://127.0.0.1:{lab.port}", "--truth", self.directory / "truth.json",
                                 "--program", str(lab.process.pid)], capture_output=True, text=True, timeout=PLAYS_S + LATE_S, check=False,
                                preexec_fn=harness.die_with_the_test)
        self.assertEqual(judged.returncode, 0, f"{judged.stdout}{judged.stderr}{lab.log[-3000:]}")
        # The judge judges: of the port's ticket it has said what was measured.
        self.assertRegex(judged.stdout, r"ok +amber-road: its likely cause is access_plant")
        self.assertRegex(judged.stdout, r"ok +amber-road: its ticket says the received light .*median -[23]\d\.\d dBm")
        self.assertRegex(judged.stdout, r"ok +agg-3: its likely cause is transport")
        self.assertNotIn("FAILED", judged.stdout)
        self.assertEqual(lab.process.wait(timeout=60), 0, lab.log[-3000:])


if __name__ == "__main__":
    harness.main()
