#!/usr/bin/env python3
"""What Faultline says when it cannot start: exit status 2, one message with the place and the remedy, nothing harmed."""
import os
import shutil
import socket
import sqlite3
import subprocess

import harness

harness.Story.network = harness.enter_network()

LOOP = ["name: loop, technology: ip, address: 127.0.0.1"]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
WITHOUT_RAW = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")


class TroubleAtTheStart(harness.Story):
    def refused(self, config, prefix=()):
        """Starts it, expects it to refuse, and gives what it said, with the directory written as DIR."""
        done = harness.run(*prefix, harness.PROGRAM, "run", "-c", config, cwd=self.directory)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertNotIn("daemon.listening", done.stdout)
        return done.stderr.strip().replace(str(self.directory), "DIR")

    def test_mistakes_in_the_file_are_all_said_with_their_place(self):
        start = "inventory:\n  endpoints:\n    - {name: loop, technology: ip, address: 127.0.0.1}\n"
        cases = [
            ("listen: [\n", "DIR/faultline.yaml:"),
            ("stroe: {path: x.db}\n" + start, 'DIR/faultline.yaml:1:1: unknown key "stroe"; did you mean "store"?'),
            ("inventory: {endpoints: none.csv}\n", "DIR/faultline.yaml:1:24: inventory.endpoints: DIR/none.csv does not exist"),
            (start + "profiles:\n  p: {technologies: [ip], probes: [{icmp: {interval: 5}}]}\n",
             'DIR/faultline.yaml:5:54: profiles.p.probes.icmp.interval: "5" has no unit (try 5s)'),
            (start + "listen: 0.0.0.0:0\n",
             "DIR/faultline.yaml:4:9: listen: 0.0.0.0 can be reached from other machines, and api.tls and api.tokens are "
             "missing; add what is missing or listen on 127.0.0.1:0"),
        ]
        for text, message in cases:
            with self.subTest(text=text):
                said = self.refused(self.write("faultline.yaml", text))
                self.assertTrue(said.startswith(message), said)
        said = self.refused(self.write("faultline.yaml", "stroe: 1\nlisten: here\n" + start))
        self.assertRegex(said, r"(?s)faultline\.yaml:1:1: .*faultline\.yaml:2:9: ")
        self.assertEqual(self.refused("none.yaml"), "none.yaml: does not exist")

    def test_an_answer_that_cannot_be_written_is_no_answer(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([harness.PROGRAM, "check", self.configure(LOOP)], stdout=full, stderr=subprocess.PIPE,
                                          text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "faultline: the output could not be written: is the disk full?\n"))

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            config = self.configure(LOOP)
            config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}", 1))
            self.assertEqual(self.refused(config), f"listen: 127.0.0.1:{port}: Address already in use; another process listens "
                                                   "there (ss -ltnp shows which): stop it or change listen")

    def test_a_database_that_another_daemon_has(self):
        config = self.configure(LOOP)
        first = self.daemon(config).start()
        self.assertEqual(self.refused(config), f"DIR/faultline.db: another faultline (process {first.process.pid}) runs on this "
                                               "file; end it, or give this one another store.path")
        self.assertEqual(first.call("GET", "/-/healthy").status, 200)

    def test_a_database_that_another_program_has(self):
        config = self.configure(LOOP)
        self.daemon(config).start().stop()
        other = sqlite3.connect(self.directory / "faultline.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        said = self.refused(config)
        self.assertIn("DIR/faultline.db: the database is locked", said)
        self.assertIn("end that program (try: fuser -v FILE)", said)

    def test_a_directory_that_cannot_be_written(self):
        config = self.configure(LOOP)
        prefix = ()
        if os.geteuid() == 0:
            if not shutil.which("setpriv") or harness.run(*NOBODY, "true").returncode != 0:
                self.skipTest("as root it needs setpriv to become another user")
            prefix = NOBODY
        self.directory.chmod(0o555)
        self.addCleanup(self.directory.chmod, 0o755)
        self.assertEqual(self.refused(config, prefix),
                         "DIR/faultline.db: cannot make the lock file DIR/faultline.db.lock: Permission denied; the directory "
                         "must exist and be writable for the user that runs faultline")

    def test_a_damaged_database_is_refused_and_left_as_it_is(self):
        config = self.configure(LOOP)
        self.daemon(config).start().stop()
        file = self.directory / "faultline.db"
        whole = file.read_bytes()
        cases = {"no database": os.urandom(5000), "torn": whole[:5000] + b"\xa5" * 60000 + whole[65000:]}
        for name, damaged in cases.items():
            with self.subTest(name):
                file.write_bytes(damaged)
                said = self.refused(config)
                self.assertIn("DIR/faultline.db: this is no intact database", said)
                self.assertIn("latest copy made by `faultline backup`", said)
                self.assertEqual(file.read_bytes(), damaged)

    def test_a_user_who_may_not_send_pings_is_told_the_three_remedies(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        # The namespace is new, so its ping_group_range is the kernel's empty one.
        said = self.refused(self.configure(LOOP), WITHOUT_RAW)
        self.assertTrue(said.startswith("icmp: cannot open a raw socket: Operation not permitted"), said)
        for remedy in ("setcap cap_net_raw+ep", 'sysctl net.ipv4.ping_group_range="0 2147483647"', "probe with stamp only"):
            self.assertIn(remedy, said)

    def test_a_ping_group_is_enough(self):
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
            file.write("0 65534\n")
        try:
            daemon = self.daemon(self.configure(LOOP), prefix=WITHOUT_RAW).start()
            self.assertEqual(daemon.wait_for_health("loop", "ok")["loss_ratio"], 0)
        finally:
            with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
                file.write("1 0\n")


if __name__ == "__main__":
    harness.main()
