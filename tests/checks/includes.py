#!/usr/bin/env python3
"""Holds the source tree against the table of allowed includes: which folder may know which other one.

Usage: includes.py [ROOT]. Prints file:line: what is not allowed; exit status 1 if there is any.
"""
import pathlib
import re
import sys

# Longest folder first; a file obeys the first row that fits. Project includes are path prefixes, foreign ones
# are matched against FOREIGN below. Standard headers, tl/expected and fmt are free for everyone.
TABLE = [
    ("rules/model", ["rules/model"], []),
    ("rules/detect", ["rules/model", "rules/detect"], []),
    ("rules/correlate", ["rules/model", "rules/correlate"], ["boost-geometry"]),
    ("rules/foresee", ["rules/model", "rules/foresee"], []),
    ("rules/decide", ["rules/model", "rules/decide"], []),
    ("rules", ["rules"], []),
    ("probes/wire", ["rules/model", "probes/wire"], ["boost-json", "openssl"]),
    ("probes", ["rules/model", "probes"], ["asio", "beast", "openssl", "spdlog", "system", "c-ares"]),
    ("daemon", ["rules", "probes", "daemon"], ["asio", "beast", "boost-json", "boost", "openssl", "spdlog", "system", "cli11", "zlib"]),
    ("tests", ["rules", "probes", "daemon", "tests"], ["*"]),
]
# Libraries that are confined to some files, whatever the row says.
CONFINED = {
    "yaml-cpp": re.compile(r"^daemon/config/yaml[^/]*\.(h|cpp)$"),
    "prometheus-cpp": re.compile(r"^daemon/metrics/"),
    "sqlite": re.compile(r"^daemon/store/"),
    "net-snmp": re.compile(r"^probes/session/snmp_((agent|library|trap|users)\.cpp|(fd_set|value)\.h)$"),
    "c-ares": re.compile(r"^probes/async/resolver\.cpp$"),
    "sd-bus": re.compile(r"^probes/session/modem_bus\.cpp$"),
    "expat": re.compile(r"^probes/wire/pm_xml\.cpp$"),
}
FOREIGN = [
    ("yaml-cpp", r"yaml-cpp/"),
    ("net-snmp", r"net-snmp/"),
    ("prometheus-cpp", r"prometheus/"),
    ("c-ares", r"ares\.h"),
    ("expat", r"expat\.h"),
    ("sd-bus", r"systemd/"),
    ("sqlite", r"sqlite3\.h"),
    ("boost-json", r"boost/json"),
    ("boost-geometry", r"boost/geometry"),
    ("beast", r"boost/beast"),
    ("asio", r"boost/(asio|system|cobalt)"),
    ("boost", r"boost/"),
    ("openssl", r"openssl/"),
    ("spdlog", r"spdlog/"),
    ("cli11", r"CLI/"),
    ("zlib", r"zlib\.h"),
    ("system", r"(sys|net|netinet|arpa|linux|asm)/|(unistd|poll|fcntl|signal|termios|ifaddrs|netdb|pthread|sched|errno|endian|time|dirent|fnmatch|pty|grp|pwd)\.h$"),
]
FREE = re.compile(r"^(tl/expected\.hpp|fmt/[a-z]+\.h|[a-z_0-9]+)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def judge(path, own, foreign):
    """Why `path` may not include this, or None."""
    project, libraries = next((p, f) for folder, p, f in TABLE if path.startswith(folder + "/"))
    if own is not None:
        if own.startswith("generated/") or any(own.startswith(prefix + "/") for prefix in project):
            return None
        return f'may not include "{own}" (allowed: {", ".join(project)})'
    if FREE.match(foreign):
        return None
    library = next((name for name, pattern in FOREIGN if re.match(pattern, foreign)), foreign)
    if library in CONFINED:
        if CONFINED[library].match(path) or path.startswith("tests/"):
            return None
        return f"may not include <{foreign}>: {library} is confined to {CONFINED[library].pattern}"
    if library in libraries or "*" in libraries:
        return None
    return f"may not include <{foreign}> ({library})"


def check(root):
    problems = []
    for folder in ("rules", "probes", "daemon", "tests"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                why = found and judge(path, found.group(1), found.group(2))
                if why:
                    problems.append(f"{path}:{number}: {why}")
    return problems


if __name__ == "__main__":
    problems = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
