#!/usr/bin/env python3
"""Complaints as they really come: wrong, twice, all at once, slowly, from strangers; and what is never kept of them."""
import concurrent.futures
import datetime
import hashlib
import json
import socket

import harness

harness.Story.network = harness.enter_network()

ENDPOINTS = ["name: cell-1, technology: lte, address: 127.0.0.1, latitude: 52.37, longitude: 4.90, coverage_m: 2000"]
PATH = "/api/v1/complaints"
CUSTOMER = "customer-ref-0031-20-5551234"


def complaint(number, **more):
    return {"id": f"c-{number}", "customer": CUSTOMER, "service": "mobile_data", **more}


def ago(**time):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Complaints(harness.Story):
    def start(self, extra=""):
        return self.daemon(self.configure(ENDPOINTS, extra=extra), arguments=("--log-level", "debug")).start()

    def test_what_is_wrong_is_refused_and_what_is_right_is_kept(self):
        daemon = self.start()

        def post(body):
            answer = daemon.call("POST", PATH, body)
            return answer.status, answer.json

        self.assertEqual(post(complaint(1))[0], 201)
        status, answer = post(b"[" + b" " * (1 << 20) + b"]")
        self.assertEqual(status, 413, answer)
        status, answer = post([complaint(i) for i in range(5000, 6001)])
        self.assertEqual(status, 413, answer)
        self.assertIn("the array has 1001 complaints; at most 1000 are taken", answer["detail"])
        for malformed in (b"{", b"nonsense", b'{"id": "x", "customer": "\xff"}', b"[" * 5000, b"[]", b"7"):
            self.assertEqual(post(malformed)[0], 400, malformed[:20])

        def refusal(**more):
            status, answer = post(complaint(2, **more))
            self.assertEqual((status, answer["result"]), (422, "refused"), answer)
            return [(e["pointer"], e["expected"]) for e in answer["errors"]]

        self.assertIn(("/received", "a time not older than 30 days"), refusal(received=ago(days=3 * 365)))
        self.assertEqual(refusal(received=ago(days=-400))[0][0], "/received")
        self.assertEqual(refusal(began=ago(days=-1))[0], ("/began", "a time not after received"))
        self.assertEqual(refusal(place={"latitude": 91, "longitude": 0})[0][0], "/place/latitude")
        self.assertEqual(refusal(customer="")[0][0], "/customer")

        for number, place in enumerate(((0, 0), (-1, -1)), 10):
            status, answer = post(complaint(number, place={"latitude": place[0], "longitude": place[1]}))
            self.assertEqual(status, 201)
            self.assertIn(f"{place[0]},{place[1]} is taken as no place", [w["expected"] for w in answer["warnings"]])

        status, answer = post(complaint(1))
        self.assertEqual((status, answer["result"]), (200, "repeated"))
        status, answer = post(complaint(1, text="something else"))
        self.assertEqual((status, answer["result"]), (409, "conflict"))
        status, answer = post([complaint(20), complaint(20), complaint(20, text="other"), {"id": "c-21"}])
        self.assertEqual((status, [answer[k] for k in ("accepted", "repeated", "conflict", "refused")]), (207, [1, 1, 1, 1]))
        self.assertEqual({c["id"] for c in daemon.all(PATH)}, {"c-1", "c-10", "c-11", "c-20"})

    def test_two_hundred_at_once_are_all_kept(self):
        daemon = self.start("api: {connections_per_peer: 256}\n")
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda i: daemon.call("POST", PATH, complaint(i), timeout=60), range(200)))
        self.assertEqual([a for a in answers if a.status != 201], [])
        self.assertEqual(sorted(c["id"] for c in daemon.all(PATH)), sorted(f"c-{i}" for i in range(200)))

    def test_slow_and_half_closed_clients_hinder_nobody(self):
        daemon = self.start("api: {connections_per_peer: 256}\n")
        head = b"POST /api/v1/complaints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        held = []
        self.addCleanup(lambda: [s.close() for s in held])
        for i in range(150):
            client = socket.create_connection(("127.0.0.1", daemon.port))
            held.append(client)
            if i % 3 == 0:
                client.sendall(head[:40])  # a head that never ends
            elif i % 3 == 1:
                client.sendall(head + b"Content-Length: 1000\r\n\r\n{")  # a body that never ends
            else:
                client.sendall(head + b"Content-Length: 1000\r\n\r\n{")
                client.shutdown(socket.SHUT_WR)  # a body that cannot end any more
        for i in range(20):
            self.assertEqual(daemon.call("POST", PATH, complaint(i), timeout=5).status, 201)
        self.assertEqual(daemon.health("cell-1")["state"] in ("ok", "unknown"), True)

        # Who closes its sending side after a whole request still gets its answer.
        body = json.dumps(complaint(99)).encode()
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as client:
            client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            client.shutdown(socket.SHUT_WR)
            self.assertIn(b" 201 ", client.recv(4096).split(b"\r\n")[0])
        self.assertEqual(len(daemon.all(PATH)), 21)

    def test_a_forged_token_opens_nothing(self):
        digest = hashlib.sha256(b"the-right-token").hexdigest()
        daemon = self.start(f"api: {{tokens: [{{name: crm, role: complaints, sha256: {digest}}}]}}\n")

        def post(number, token):
            headers = {"Authorization": token} if token else {}
            return daemon.call("POST", PATH, complaint(number), headers).status

        for number, forged in enumerate((None, "Bearer the-wrong-token", f"Bearer {digest}", "Bearer ", "Basic dGhlOnRva2Vu")):
            self.assertEqual(post(number, forged), 401, forged)
        self.assertEqual(post(9, "Bearer the-right-token"), 201)
        listing = daemon.call("GET", PATH, headers={"Authorization": "Bearer the-right-token"})
        self.assertEqual(listing.status, 403)
        self.assertNotIn("the-right-token", daemon.log)
        self.assertEqual(daemon.stop()[0], 0)
        backup = self.directory / "copy.db"
        self.assertEqual(harness.run(harness.PROGRAM, "backup", backup, "-c", daemon.config).returncode, 0)
        self.assertIn(b"c-9", backup.read_bytes())
        for number in range(5):
            self.assertNotIn(f"c-{number}".encode(), backup.read_bytes())

    def test_the_customer_is_nowhere_to_be_found(self):
        daemon = self.start()
        sent = complaint(1, cell="cell-1", text="it does not work", postcode="1012 AB")
        shown = [daemon.call("POST", PATH, body).body for body in (sent, sent, {**sent, "text": "x"}, {**sent, "service": "?"})]
        shown += [daemon.call("GET", path).body for path in (
            PATH, "/", "/metrics", "/api/v1/events", "/api/v1/incidents?state=all", "/api/v1/tickets", "/api/v1/endpoints/cell-1",
            "/tmf-api/troubleTicket/v5/troubleTicket")]
        files = {f.name: f.read_bytes() for f in self.directory.iterdir()}  # with the write-ahead log
        self.assertTrue(any(b"it does not work" in content for content in files.values()), "the search itself works")
        daemon.stop()
        files.update({"after " + f.name: f.read_bytes() for f in self.directory.iterdir()})
        plain_hash = hashlib.sha256(CUSTOMER.encode())
        for secret in (CUSTOMER.encode(), b"5551234", plain_hash.hexdigest().encode(), plain_hash.digest()[:8],
                       hashlib.md5(CUSTOMER.encode()).digest()[:8]):
            for name, content in [*files.items(), *(("an answer", body) for body in shown)]:
                self.assertNotIn(secret, content, name)


if __name__ == "__main__":
    harness.main()
