#!/usr/bin/env python3
"""g++ 12 miscompiles a statement that holds co_await together with a braced aggregate, a capturing lambda or `?:`
(a silent double free at every optimisation level). This finds such statements, and every co_spawn with `detached`.

Usage: await_lint.py FILE…. Prints file:line: why; exit status 1 if there is any.
"""
import re
import sys

LITERALS = re.compile(
    r'R"(?P<tag>[^()\\ ]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.S)


def blank(text):
    """The text with the insides of comments and literals as spaces, so that only code is left and lines keep."""
    def wipe(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return LITERALS.sub(wipe, re.sub(r"(?<=\d)'(?=\d)", "_", text))


def statements(code):
    """Yields (offset, text) of each statement. A brace opens a new statement if it opens a block (after `)`, `else`,
    `do`, `try`, `{`, `}`, `;`, or a specifier); otherwise it is part of an expression."""
    start, parens, braces = 0, 0, []
    for i, c in enumerate(code):
        if c in "([":
            parens += 1
        elif c in ")]":
            parens -= 1
        elif c == "{":
            before = code[start:i].rstrip()
            block = parens == 0 and (
                not before or before[-1] in ")" or re.search(r"\b(else|do|try|const|noexcept|override|final|mutable)$", before)
                or re.match(r"\s*(namespace|class|struct|enum|union|extern)\b", code[start:i])
                or re.search(r"\)\s*(->[^;{}=]*)$", before))
            braces.append((bool(block), parens))
            if block:
                yield start, code[start:i]
                start = i + 1
        elif c == "}":
            block, parens = braces.pop() if braces else (True, 0)
            if block:
                yield start, code[start:i]
                start = i + 1
        elif c == ";" and parens == 0 and (not braces or braces[-1][0]):
            yield start, code[start:i]
            start = i + 1


def faults(text):
    code = blank(text)
    for start, statement in statements(code):
        line = code.count("\n", 0, start + len(statement) - len(statement.lstrip())) + 1
        if "co_spawn" in statement and re.search(r"\bdetached\b", statement):
            yield line, "co_spawn with detached: give it to a TaskGroup"
        count = len(re.findall(r"\bco_await\b", statement))
        if count == 0:
            continue
        rest = re.sub(r"\[\[.*?\]\]", "", statement)
        if count > 1:
            yield line, "two co_await in one statement: one await per statement"
        if "{" in rest:
            yield line, "co_await and a brace in one statement: build the argument on the line before"
        if re.search(r"(^|[(,=\s])\[[^\]]*\]\s*(\(|\{|mutable|<)", rest) and not re.match(r"\s*(const\s+)?auto\s*&{0,2}\s*\[", rest):
            yield line, "co_await and a lambda in one statement: name the lambda on the line before"
        if re.search(r"\?[^:]*:(?!:)", rest):
            yield line, "co_await and ?: in one statement: use an if"


def main(files):
    bad = False
    for file in files:
        with open(file, encoding="utf-8") as source:
            text = source.read()
        if "co_await" not in text and "co_spawn" not in text:
            continue
        for line, why in faults(text):
            print(f"{file}:{line}: {why}")
            bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
