#!/usr/bin/env python3
"""The lints catch what they are for and leave alone what is fine: each on small samples in memory."""

import tomllib
import unittest
from pathlib import Path

import check_layers
import check_style
import check_symbols
import check_tokens
from sources import Source, strip

HERE = Path(__file__).parent


def table(name):
    return tomllib.loads(HERE.joinpath(name).read_text(encoding="utf-8"))


class Strip(unittest.TestCase):
    def test_comments_and_literals_go_and_lines_stay(self):
        text = 'int a; // rand()\n/* time\n(0) */ char b = \'"\'; auto c = "thread"; int d = 1\'000;\n'
        code = strip(text)
        self.assertEqual(code.count("\n"), text.count("\n"))
        for word in ("rand", "time", "thread"):
            self.assertNotIn(word, code)
        self.assertIn("int d = 1'000;", code)

    def test_a_comment_sign_inside_a_literal_is_no_comment(self):
        self.assertIn("after", strip('auto url = "http://x"; int after;'))
        self.assertIn("after", strip('auto raw = R"(a " // b)"; int after;'))

    def test_names_of_headers_stay(self):
        self.assertIn('"sim/base/check.h"', strip('#include "sim/base/check.h"'))


class Layers(unittest.TestCase):
    def check(self, files):
        sources = [Source(path, text) for path, text in files.items()]
        return [str(f) for f in check_layers.check(sources, table("layers.toml"))]

    def test_a_folder_sees_what_the_table_says(self):
        self.assertEqual([], self.check({
            "sim/base/check.h": "",
            "sim/runtime/clock.h": '#include "sim/base/check.h"\n#include <vector>\n',
        }))

    def test_a_folder_sees_nothing_else(self):
        found = self.check({
            "sim/runtime/clock.h": "",
            "sim/base/check.h": '#include "sim/runtime/clock.h"\n',
        })
        self.assertIn('sim/base/check.h:1: sim/base may not include "sim/runtime/clock.h"', found)

    def test_clients_do_not_see_inside_the_broker(self):
        found = self.check({
            "broker/log/segment.h": "",
            "broker/rpc/connection.h": "",
            "clients/producer/producer.h":
                '#include "broker/rpc/connection.h"\n#include "broker/log/segment.h"\n',
        })
        self.assertEqual(1, len(found))
        self.assertIn("clients/producer/producer.h:2", found[0])

    def test_the_product_does_not_see_a_world(self):
        found = self.check({
            "sim/real/poller.h": "",
            "sim/simulated/world.h": "",
            "broker/server/node.cpp":
                '#include "sim/simulated/world.h"\n#include "sim/real/poller.h"\n',
            "broker/server/main.cpp": '#include "sim/real/poller.h"\n',
        })
        self.assertEqual(2, len(found))
        self.assertTrue(all("broker/server/node.cpp" in message for message in found))

    def test_pure_files_do_not_reach_the_runtime_by_any_way(self):
        found = self.check({
            "sim/runtime/network.h": "",
            "broker/security/channel.h": '#include "sim/runtime/network.h"\n',
            "broker/security/acl.h": '#include "broker/security/channel.h"\n',
        })
        self.assertEqual(1, len(found))
        self.assertIn("broker/security/acl.h:1: pure", found[0])
        self.assertIn("channel.h -> sim/runtime/network.h", found[0])

    def test_single_files_of_a_folder_can_be_seen_alone(self):
        found = self.check({
            "sim/runtime/network.h": "",
            "sim/runtime/scheduler.h": "",
            "broker/security/tls.h":
                '#include "sim/runtime/network.h"\n#include "sim/runtime/scheduler.h"\n',
        })
        self.assertEqual(1, len(found))
        self.assertIn("scheduler.h", found[0])

    def test_fiber_cpp_alone_names_boost_context(self):
        text = "#include <boost/context/fiber.hpp>\n"
        self.assertEqual([], self.check({"sim/runtime/fiber.cpp": text}))
        self.assertEqual(1, len(self.check({"sim/runtime/scheduler.cpp": text})))

    def test_a_folder_outside_the_table_is_found(self):
        self.assertEqual(1, len(self.check({"broker/utilities/misc.h": ""})))

    def test_an_include_that_is_no_path_from_the_root_is_found(self):
        self.assertEqual(1, len(self.check({"sim/base/a.h": '#include "b.h"\n', "sim/base/b.h": ""})))


class Tokens(unittest.TestCase):
    def names(self, text, path="broker/log/segment.cpp"):
        found = check_tokens.check([Source(path, text)], table("tokens.toml"))
        return sorted({finding.message.partition(":")[0] for finding in found})

    def test_each_ban_bites(self):
        samples = {
            "clock": ["auto t = std::chrono::steady_clock::now();", "time(nullptr);",
                      "auto c = std::clock();", "::time(&t);"],
            "sleep": ["std::this_thread::sleep_for(1s);", "usleep(3);", "sleep(1);"],
            "entropy": ["std::random_device device;", "int r = rand();", "std::rand();",
                        "getrandom(p, 4, 0);"],
            "standard distribution": ["std::uniform_int_distribution<int> d;", "std::mt19937 g;",
                                      "std::shuffle(a, b, g);"],
            "thread": ["std::thread t;", "std::mutex m;", "pthread_create(a, b, c, d);"],
            "thread_local": ["thread_local int x;"],
            "mutable static": ["static int count = 0;", "static std::map<int, int> table;",
                               "static const char* name = x;", "static std::array<int, 3> a{};",
                               "inline static int x;", "static int names[3];"],
            "unordered container": ["std::unordered_map<int, int> m;"],
            "pointer order": ["std::map<Fiber*, int> m;", "std::set<const Node*> s;",
                              "std::map<std::shared_ptr<X>, int> m;", "std::hash<Node*> h;"],
            "floating point": ["double ratio = 0;", "float f;"],
            "environment": ["std::getenv(x);"],
            "which world": ["if (is_simulated()) return;"],
            "identity of the machine": ["getpid();"],
        }
        bans = {ban["name"] for ban in table("tokens.toml")["banned"]}
        self.assertEqual(bans, set(samples))
        for name, texts in samples.items():
            for text in texts:
                with self.subTest(text):
                    self.assertEqual([name], self.names(text))

    def test_what_is_fine_passes(self):
        for text in (
            "// time(nullptr), rand(), std::thread\n",
            'auto text = "double std::mutex";',
            "Instant now = runtime.clock().now();",
            "Clock& clock();",
            "clock.sleep_until(time);",
            "static Bytes copy_of(ByteSpan bytes);",
            "static constexpr int kLimit = 3;",
            "static const std::map<int, int> kTable = make();",
            "static const char* const kName = x;",
            "[[nodiscard]] static Random stream(int seed);",
            "static std::unique_ptr<Log> open(Disk& disk) { return {}; }",
            "static_assert(sizeof(int) == 4);",
            "static bool operator==(A a, B b) { return true; }",
            "std::map<std::string, Node*> nodes;",
            "std::map<std::vector<int>, int> m;",
            "const auto x = static_cast<int>(y);",
        ):
            with self.subTest(text):
                self.assertEqual([], self.names(text))

    def test_the_real_machine_and_the_tests_are_free(self):
        for path in ("sim/real/poller.cpp", "tests/unit/x/y_test.cpp"):
            self.assertEqual([], self.names("std::thread t; time(nullptr);", path))

    def test_an_exception_frees_its_file_of_its_ban_alone(self):
        path = "sim/base/hash_map.h"
        self.assertEqual([], self.names("std::unordered_map<int, int> m;", path))
        self.assertEqual(["thread"], self.names("std::thread t;", path))


class Symbols(unittest.TestCase):
    LISTING = """

Symbols from libbroker_log.a[segment.cpp.o]:

Name                  Value           Class        Type         Size             Line  Section

{}
"""

    def found(self, *rows, archive="libbroker_log.a"):
        listing = self.LISTING.format("\n".join(rows))
        symbols = check_symbols.parse(listing, archive)
        return [str(f) for f in check_symbols.check(symbols, table("symbols.toml"))]

    def undefined(self, name):
        return f"{name}|                |   U  |            NOTYPE|                |     |*UND*"

    def defined(self, name, section):
        return f"{name}|0000000000000000|   b  |            OBJECT|0000000000000008|     |{section}"

    def test_banned_calls_are_found(self):
        for name in ("clock_gettime", "time", "getrandom", "pthread_create",
                     "std::random_device::_M_getval()", "std::chrono::_V2::steady_clock::now()",
                     "std::thread::_M_start_thread(std::unique_ptr<int>, void (*)())"):
            with self.subTest(name):
                self.assertEqual(1, len(self.found(self.undefined(name))))

    def test_other_calls_pass(self):
        for name in ("memcpy", "gregor::Random::below(unsigned long)", "timer_name",
                     "gregor::time(int)", "std::terminate()"):
            with self.subTest(name):
                self.assertEqual([], self.found(self.undefined(name)))

    def test_state_that_outlives_a_run_is_found(self):
        for section in (".bss", ".data", ".tbss", ".bss._ZN6gregor1xE", ".data.rel.local"):
            with self.subTest(section):
                found = self.found(self.defined("gregor::calls", section))
                self.assertEqual(1, len(found))
                self.assertIn("libbroker_log.a(segment.cpp.o)", found[0])

    def test_constants_pass(self):
        self.assertEqual([], self.found(
            self.defined("gregor::kTable", ".bss"),
            self.defined("guard variable for gregor::name(gregor::Api)::kNames", ".bss"),
            self.defined("gregor::numbers", ".rodata"),
            self.defined("gregor::names", ".data.rel.ro.local"),
            self.defined("vtable for gregor::Log", ".data.rel.ro"),
            self.defined("probe_site", "gregor_probes"),
        ))


class Style(unittest.TestCase):
    HEADER = "// What it is.\n#pragma once\n"

    def found(self, text, path="broker/log/segment.h"):
        return [str(f) for f in check_style.check([Source(path, text)])]

    def test_a_good_header_passes(self):
        self.assertEqual([], self.found(self.HEADER))

    def test_each_rule_bites(self):
        for text in (
            "#pragma once\n",
            "// What it is.\n",
            self.HEADER + "\tint a;\n",
            self.HEADER + "int a; \n",
            self.HEADER + "int a;",
            self.HEADER + "//" + "x" * 99 + "\n",
            self.HEADER + "// TO" + "DO: later\n",
            self.HEADER + "// see /wo" + "rk/plan\n",
            self.HEADER + "// see https:" + "//npm-proxy.example/x\n",
            self.HEADER + "void f() { try { g(); } catch (...) {} }\n",
            self.HEADER + "CHECK_FALSE(x);\n",
            self.HEADER + "std::cout << x;\n",
        ):
            with self.subTest(text):
                self.assertEqual(1, len(self.found(text)))

    def test_names_of_files_are_snake_case(self):
        self.assertEqual(1, len(self.found(self.HEADER, "broker/log/LogSegment.h")))

    def test_code_without_a_header_opens_with_prose_except_in_tests(self):
        self.assertEqual(1, len(self.found("int a;\n", "broker/server/main.cpp")))
        self.assertEqual([], self.found("int a;\n", "tests/unit/log/segment_test.cpp"))
        beside = [Source("sim/base/a.h", self.HEADER), Source("sim/base/a.cpp", "int a;\n")]
        self.assertEqual([], check_style.check(beside))

    def test_long_lines_are_allowed_in_prose_files(self):
        self.assertEqual([], self.found("x" * 120 + "\n", "README.md"))

    def test_lock_files_do_not_say_where_packages_were_fetched(self):
        path = "tests/conformance/package-lock.json"
        line = '"resolved": "https://{}/kafkajs/-/kafkajs-2.2.4.tgz"\n'
        self.assertEqual([], self.found('"version": "2.2.4"\n', path))
        self.assertEqual(1, len(self.found(line.format("npm.example.net"), path)))


if __name__ == "__main__":
    unittest.main()
