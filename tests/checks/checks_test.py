#!/usr/bin/env python3
"""The checks themselves are tested: each must find what it is for, and leave good code alone."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import await_lint
import includes


def found(code):
    return [why.split(":")[0] for _, why in await_lint.faults(code)]


class AwaitLint(unittest.TestCase):
    def test_finds_each_dangerous_statement(self):
        for code in (
            "void f() { co_await run(Options{1, 2}, token); }",
            "void f() { auto r = co_await run({1, 2}); }",
            "void f() { co_await run([x] { return x; }); }",
            "void f() { co_await run([&](int) { return 1; }); }",
            "void f() { auto x = co_await (a ? b() : c()); }",
            "void f() { if (co_await ready(flag ? 1 : 2)) { g(); } }",
            "void f() { g(co_await a(), co_await b()); }",
            "void f() { asio::co_spawn(ex, run(), asio::detached); }",
            "void f() {\n  while (x) {\n    auto r =\n        co_await run(Options{.a = 1});\n  }\n}",
        ):
            self.assertTrue(found(code), code)

    def test_leaves_plain_statements_alone(self):
        for code in (
            "void f() { const Options o{1, 2}; co_await run(o, token); }",
            "void f() { auto [error, n] = co_await socket.async_read_some(buffer, token); }",
            "void f() { if (co_await ready()) { g(Options{1}); } else { h(); } }",
            'void f() { co_await log("a ? b : {c}"); /* { ? : */ }',
            "awaitable<void> f(std::size_t n) { for (std::size_t i = 0; i < n; ++i) { co_await g(i); } }",
            "void f() { co_await std::move(x); const int y = a ? b : c; }",
            "void f() { const auto n = 1'000; co_await g(n); }",
            "struct S { int a{1}; awaitable<void> run() { co_return co_await go(); } };",
        ):
            self.assertEqual(found(code), [], code)

    def test_names_the_line(self):
        self.assertEqual([line for line, _ in await_lint.faults("int a;\nvoid f() {\n  g();\n  co_await run({1});\n}\n")], [4])


class Includes(unittest.TestCase):
    def test_stages_do_not_know_each_other(self):
        self.assertIsNotNone(includes.judge("rules/detect/a.cpp", "rules/decide/b.h", None))
        self.assertIsNone(includes.judge("rules/pipeline.cpp", "rules/decide/b.h", None))

    def test_rules_are_pure(self):
        for header in ("boost/asio.hpp", "spdlog/spdlog.h", "sqlite3.h", "boost/json.hpp", "yaml-cpp/yaml.h"):
            self.assertIsNotNone(includes.judge("rules/correlate/a.cpp", None, header), header)
        self.assertIsNone(includes.judge("rules/correlate/a.cpp", None, "boost/geometry.hpp"))
        self.assertIsNone(includes.judge("rules/detect/a.cpp", None, "fmt/format.h"))

    def test_libraries_are_confined(self):
        self.assertIsNone(includes.judge("daemon/store/a.cpp", None, "sqlite3.h"))
        self.assertIsNotNone(includes.judge("daemon/tickets/a.cpp", None, "sqlite3.h"))
        self.assertIsNotNone(includes.judge("daemon/config/config.cpp", None, "yaml-cpp/yaml.h"))
        self.assertIsNone(includes.judge("daemon/config/yaml.cpp", None, "yaml-cpp/yaml.h"))


if __name__ == "__main__":
    unittest.main()
