#!/usr/bin/env python3
"""Holds docs/openapi.yaml against the answers of the running server.

Usage: openapi_test.py SERVER OPENAPI_YAML. Checks that both have the same routes and demand the same roles, that
every answer has a documented status and content type and a body that fits its schema, and that every documented
answer is really given by one of the cases below. Exit status 77 (skipped) without python3-jsonschema.
"""
import http.client
import json
import subprocess
import sys

import yaml

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

TMF = "/tmf-api/troubleTicket/v5/troubleTicket"
WINDOW = {"target": "agg-7", "begins": "2026-11-24T02:00:00+01:00", "ends": "2026-11-24T04:00:00Z"}
COMPLAINT = {"id": "c-9", "customer": "4711", "place": {"latitude": 52.37, "longitude": 4.9}, "colour": "red"}
JSON = "application/json"
MERGE = "application/merge-patch+json"
ALARMS = "/tmf-api/alarmManagement/v4"
ALERTS = "/api/v1/alarms/alertmanager"

# (method, documented path, target asked, body or None, content type, expected status)
CASES = [
    ("get", "/", "/", None, None, 200),
    ("get", "/metrics", "/metrics", None, None, 200),
    ("get", "/-/healthy", "/-/healthy", None, None, 200),
    ("get", "/-/ready", "/-/ready", None, None, 200),
    ("post", "/-/reload", "/-/reload", None, None, 200),
    ("get", "/api/v1/endpoints", "/api/v1/endpoints", None, None, 200),
    ("get", "/api/v1/endpoints", "/api/v1/endpoints?limit=1&state=bad&technology=lte&below=agg-7", None, None, 200),
    ("get", "/api/v1/endpoints", "/api/v1/endpoints?colour=red", None, None, 400),
    ("get", "/api/v1/endpoints/{name}", "/api/v1/endpoints/cell-1", None, None, 200),
    ("get", "/api/v1/endpoints/{name}", "/api/v1/endpoints/olt%203%2F%3Cport%3E", None, None, 400),
    ("get", "/api/v1/endpoints/{name}", "/api/v1/endpoints/cell-2", None, None, 200),
    ("get", "/api/v1/endpoints/{name}", "/api/v1/endpoints/none", None, None, 404),
    ("get", "/api/v1/degradations", "/api/v1/degradations", None, None, 200),
    ("get", "/api/v1/degradations", "/api/v1/degradations?limit=x", None, None, 400),
    ("get", "/api/v1/incidents", "/api/v1/incidents?state=all&since=2026-11-24T00:00:00Z", None, None, 200),
    ("get", "/api/v1/incidents", "/api/v1/incidents?state=broken", None, None, 400),
    ("get", "/api/v1/incidents/{id}", "/api/v1/incidents/FL-7", None, None, 200),
    ("get", "/api/v1/incidents/{id}", "/api/v1/incidents/7?why=1", None, None, 200),
    ("get", "/api/v1/incidents/{id}", "/api/v1/incidents/FL-7?why=yes", None, None, 400),
    ("get", "/api/v1/incidents/{id}", "/api/v1/incidents/FL-99", None, None, 404),
    ("get", "/api/v1/inventory-suspects", "/api/v1/inventory-suspects", None, None, 200),
    ("get", "/api/v1/inventory-suspects", "/api/v1/inventory-suspects?limit=1", None, None, 400),
    ("get", "/api/v1/complaints", "/api/v1/complaints?limit=5", None, None, 200),
    ("get", "/api/v1/complaints", "/api/v1/complaints?limit=0", None, None, 400),
    ("post", "/api/v1/complaints", "/api/v1/complaints", COMPLAINT, JSON, 201),
    ("post", "/api/v1/complaints", "/api/v1/complaints", COMPLAINT, JSON, 200),
    ("post", "/api/v1/complaints", "/api/v1/complaints", {**COMPLAINT, "symptom": "slow"}, JSON, 409),
    ("post", "/api/v1/complaints", "/api/v1/complaints", {**COMPLAINT, "id": ""}, JSON, 422),
    ("post", "/api/v1/complaints", "/api/v1/complaints", [{**COMPLAINT, "id": "c-10"}], JSON, 200),
    ("post", "/api/v1/complaints", "/api/v1/complaints", [{**COMPLAINT, "id": "c-11"}, {}], JSON, 207),
    ("post", "/api/v1/complaints", "/api/v1/complaints", "{", JSON, 400),
    ("post", "/api/v1/complaints", "/api/v1/complaints", "x" * (1024 * 1024 + 1), JSON, 413),
    ("post", "/api/v1/complaints", "/api/v1/complaints", "id=1", "application/x-www-form-urlencoded", 415),
    ("post", ALERTS, ALERTS, {"version": "4", "alerts": []}, JSON, 200),
    ("post", ALERTS, ALERTS, "nonsense", JSON, 400),
    ("post", ALERTS, ALERTS, "x", "text/plain", 415),
    ("get", ALARMS + "/alarm", ALARMS + "/alarm", None, None, 200),
    ("post", ALARMS + "/alarm", ALARMS + "/alarm", {"state": "raised"}, JSON, 201),
    ("post", ALARMS + "/alarm", ALARMS + "/alarm", {}, JSON, 400),
    ("post", ALARMS + "/alarm", ALARMS + "/alarm", "x", "text/plain", 415),
    ("get", ALARMS + "/alarm/{id}", ALARMS + "/alarm/7", None, None, 200),
    ("get", ALARMS + "/alarm/{id}", ALARMS + "/alarm/9", None, None, 404),
    ("patch", ALARMS + "/alarm/{id}", ALARMS + "/alarm/7", {"state": "cleared"}, MERGE, 200),
    ("patch", ALARMS + "/alarm/{id}", ALARMS + "/alarm/7", {}, MERGE, 400),
    ("patch", ALARMS + "/alarm/{id}", ALARMS + "/alarm/9", {"state": "cleared"}, JSON, 404),
    ("patch", ALARMS + "/alarm/{id}", ALARMS + "/alarm/7", "x", "text/plain", 415),
    ("delete", ALARMS + "/alarm/{id}", ALARMS + "/alarm/7", None, None, 204),
    ("delete", ALARMS + "/alarm/{id}", ALARMS + "/alarm/9", None, None, 404),
    ("get", ALARMS + "/clearAlarms", ALARMS + "/clearAlarms", None, None, 200),
    ("post", ALARMS + "/clearAlarms", ALARMS + "/clearAlarms", {"alarmPattern": [{"id": 7}]}, JSON, 201),
    ("post", ALARMS + "/clearAlarms", ALARMS + "/clearAlarms", {}, JSON, 400),
    ("post", ALARMS + "/clearAlarms", ALARMS + "/clearAlarms", "x", "text/plain", 415),
    ("get", ALARMS + "/clearAlarms/{id}", ALARMS + "/clearAlarms/8", None, None, 200),
    ("get", ALARMS + "/clearAlarms/{id}", ALARMS + "/clearAlarms/9", None, None, 404),
    ("get", "/api/v1/tickets", "/api/v1/tickets", None, None, 200),
    ("get", "/api/v1/tickets", "/api/v1/tickets?status=open", None, None, 400),
    ("get", "/api/v1/tickets/{id}", "/api/v1/tickets/FL-7", None, None, 200),
    ("get", "/api/v1/tickets/{id}", "/api/v1/tickets/FL-7?a=b", None, None, 400),
    ("get", "/api/v1/tickets/{id}", "/api/v1/tickets/none", None, None, 404),
    ("get", "/api/v1/maintenance", "/api/v1/maintenance", None, None, 200),
    ("get", "/api/v1/maintenance", "/api/v1/maintenance?limit=1", None, None, 400),
    ("post", "/api/v1/maintenance", "/api/v1/maintenance", WINDOW, JSON, 201),
    ("post", "/api/v1/maintenance", "/api/v1/maintenance?a=b", WINDOW, JSON, 400),
    ("post", "/api/v1/maintenance", "/api/v1/maintenance", {**WINDOW, "target": "none"}, JSON, 422),
    ("post", "/api/v1/maintenance", "/api/v1/maintenance", "x" * 100_000, JSON, 413),
    ("post", "/api/v1/maintenance", "/api/v1/maintenance", "x", "text/plain", 415),
    ("delete", "/api/v1/maintenance/{id}", "/api/v1/maintenance/m-2", None, None, 204),
    ("delete", "/api/v1/maintenance/{id}", "/api/v1/maintenance/m-2", None, None, 404),
    ("delete", "/api/v1/maintenance/{id}", "/api/v1/maintenance/m-1", None, None, 409),
    ("get", "/api/v1/events", "/api/v1/events?subject=FL-7", None, None, 200),
    ("get", "/api/v1/events", "/api/v1/events?since=now", None, None, 400),
    ("get", "/api/v1/history", "/api/v1/history?endpoint=cell-1&metric=rtt_ms", None, None, 200),
    ("get", "/api/v1/history", "/api/v1/history", None, None, 400),
    ("get", "/api/v1/forecast", "/api/v1/forecast?kind=crossing&limit=5", None, None, 200),
    ("get", "/api/v1/forecast", "/api/v1/forecast?kind=slow_degradation", None, None, 200),
    ("get", "/api/v1/forecast", "/api/v1/forecast?kind=doom", None, None, 400),
    ("get", "/api/v1/advice", "/api/v1/advice", None, None, 200),
    ("get", "/api/v1/advice", "/api/v1/advice?limit=0", None, None, 400),
    ("get", "/api/v1/usage", "/api/v1/usage?area=agg-7", None, None, 200),
    ("get", "/api/v1/usage", "/api/v1/usage?area=none", None, None, 400),
    ("get", TMF, TMF, None, None, 200),
    ("get", TMF + "/{id}", TMF + "/FL-7", None, None, 200),
    ("get", TMF + "/{id}", TMF + "/none", None, None, 404),
    ("patch", TMF + "/{id}", TMF + "/FL-7", {"@type": "TroubleTicket", "status": "inProgress"}, MERGE, 200),
    ("patch", TMF + "/{id}", TMF + "/none", {"@type": "TroubleTicket"}, JSON, 404),
    ("patch", TMF + "/{id}", TMF + "/FL-7", "x", "text/plain", 415),
]
# The same against a server in trouble.
TROUBLE_CASES = [
    ("get", "/-/ready", "/-/ready", None, None, 503),
    ("post", "/-/reload", "/-/reload", None, None, 422),
    ("get", "/api/v1/incidents", "/api/v1/incidents", None, None, 503),
    ("get", "/api/v1/incidents/{id}", "/api/v1/incidents/FL-7", None, None, 503),
    ("get", "/api/v1/inventory-suspects", "/api/v1/inventory-suspects", None, None, 503),
    ("post", ALERTS, ALERTS, {"version": "4", "alerts": []}, JSON, 503),
]
# Documented, but answered by the ticket book and the alarms themselves, which have tests of their own.
NOT_HERE = {("get", TMF, 400), ("get", TMF + "/{id}", 400), ("patch", TMF + "/{id}", 400),
            ("patch", TMF + "/{id}", 409), ("patch", TMF + "/{id}", 422),
            ("get", ALARMS + "/alarm", 400), ("post", ALARMS + "/alarm", 409), ("get", ALARMS + "/alarm/{id}", 400),
            ("patch", ALARMS + "/alarm/{id}", 409), ("get", ALARMS + "/clearAlarms", 400), ("get", ALARMS + "/clearAlarms/{id}", 400)}
# Any route may answer these, as the document's introduction says.
ANYWHERE = {401, 403, 408, 413, 421, 429, 431, 503}


class Server:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.hello = json.loads(self.process.stdout.readline())

    def ask(self, method, target, body=None, content_type=None, token="admin-token"):
        connection = http.client.HTTPConnection("127.0.0.1", self.hello["port"], timeout=30)
        headers = {"Authorization": "Bearer " + token} if token else {}
        if content_type:
            headers["Content-Type"] = content_type
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        connection.request(method.upper(), target, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers.get("Content-Type"), text

    def stop(self):
        self.process.stdin.close()
        return self.process.wait(timeout=30)


class Document:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = yaml.safe_load(file)

    def operations(self):
        for path, item in self.root["paths"].items():
            for method, operation in item.items():
                yield method, path, operation

    def resolve(self, item):
        if "$ref" not in item:
            return item
        found = self.root
        for step in item["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def judge(self, schema, value):
        # The components beside it, so that "#/components/…" is found in any version of jsonschema.
        whole = {**schema, "components": self.root["components"]}
        jsonschema.Draft202012Validator(whole).validate(value)

    def check_answer(self, method, path, status, content_type, text):
        """Raises AssertionError or ValidationError if the answer is not as documented."""
        responses = self.root["paths"][path][method]["responses"]
        if str(status) in responses:
            response = self.resolve(responses[str(status)])
        else:
            assert status in ANYWHERE, f"status {status} is not documented"
            response = self.root["components"]["responses"]["Problem"]
        content = response.get("content", {})
        if not content:
            assert text == "" and content_type is None, "expected no body"
            return
        media = (content_type or "").split(";")[0]
        assert media in content, f"content type {media} is not documented (but {', '.join(content)})"
        value = json.loads(text) if "json" in media else text
        self.judge(content[media]["schema"], value)


def main(program, openapi):
    document = Document(openapi)
    problems = []
    seen = set()
    server = Server(program)

    served = {(r["method"].lower(), r["path"]): r["role"] for r in server.hello["routes"]}
    documented = {(method, path): operation.get("x-role") for method, path, operation in document.operations()}
    for route in sorted(served.keys() | documented.keys()):
        if served.get(route) != documented.get(route):
            problems.append(f"{route}: served for {served.get(route)}, documented for {documented.get(route)}")

    def run(server, cases):
        for method, path, target, body, content_type, expected in cases:
            status, got_type, text = server.ask(method, target, body, content_type)
            where = f"{method} {target}"
            if status != expected:
                problems.append(f"{where}: expected {expected}, got {status}: {text[:300]}")
                continue
            seen.add((method, path, status))
            try:
                document.check_answer(method, path, status, got_type, text)
            except (AssertionError, jsonschema.ValidationError) as error:
                message = getattr(error, "message", str(error))
                place = "/".join(str(part) for part in getattr(error, "absolute_path", []))
                problems.append(f"{where} -> {status}: {message} {place}")

    run(server, CASES)
    for method, path, operation in document.operations():
        status, got_type, text = server.ask(method, path.replace("{", "").replace("}", ""), token=None)
        if operation["x-role"] == "anyone":
            if status not in (200, 503):
                problems.append(f"{method} {path}: expected to be open to anyone, got {status}")
        elif status != 401:
            problems.append(f"{method} {path}: expected 401 without a token, got {status}")
        else:
            document.check_answer(method, path, status, got_type, text)
    if server.stop() != 0:
        problems.append("the server did not end well")

    troubled = Server(program, "not-ready")
    run(troubled, TROUBLE_CASES)
    troubled.stop()

    for method, path, operation in document.operations():
        for status in operation["responses"]:
            if (method, path, int(status)) not in seen | NOT_HERE:
                problems.append(f"{method} {path}: {status} is documented, but no case shows it")
    for problem in problems:
        print(problem)
    print(f"{len(CASES) + len(TROUBLE_CASES)} answers, {len(documented)} operations, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
