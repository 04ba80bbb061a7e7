"""gregor from outside: exit codes, what it prints, and that a seed, a plan's file and a replay are the
same run. Called as test_gregor.py PATH_OF_GREGOR; each planted bug must be found by the invariant that
it breaks.
"""

import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

GREGOR = "gregor"
# Plans that once failed, made small; each says what was wrong.
PLANS = pathlib.Path(__file__).resolve().parents[1] / "data" / "plans"

# Bug, invariants that may show it first, seeds within which one must.
PLANTED = [
    ("ack-before-append", {"H1", "H2", "P1", "R12", "T7"}, 4),
    ("skip-checksum", {"L8", "R12"}, 16),
    ("skip-flush", {"L8"}, 8),
    ("keep-torn-tail", {"L8", "L1"}, 8),
    ("skip-directory-sync", {"L8", "H1"}, 8),
    ("b21-reject-instead-of-dedupe", {"P1", "V5", "H2"}, 40),
    ("b22-sequence-wrap", {"V5"}, 4),
]

USAGE_ERRORS = [
    ([], "subcommand"),
    (["run"], "target"),
    (["run", "no-such-scenario"], "single-node"),
    (["run", "no-such-plan.toml"], "cannot read no-such-plan.toml"),
    (["run", "single-node", "--no-such-option"], "--no-such-option"),
    (["run", "single-node", "--plant", "no-such-bug"], "no-such-bug"),
    (["run", "single-node", "--disable-fault", "flood"], "flood"),
    (["run", "single-node", "--workload", "clients"], "clients"),
    (["run", "single-node", "--workload", "client=3"], 'no workload number "client"; there are: clients,'),
    (["run", "single-node", "--workload", "clients=0"], "clients is 0; it goes from 1 to 64"),
    (["replay", "single-node", "--workload", "topics=1000"], "topics is 1000"),
    (["run", "single-node", "--for", "3parsecs"], "3parsecs"),
    (["run", "single-node", "--mute", "L8,CHECK"], 'ids like R3, not "CHECK"'),
    (["replay", "single-node", "--seed", "1", "--until", "soon"], "soon"),
    (["replay", "no-such-scenario", "--seed", "1"], "single-node"),
    (["plan", "no-such-scenario"], "single-node"),
    (["shrink", "no-such-scenario"], "single-node"),
    (["shrink", "single-node", "--budget", "-1"], "--budget"),
    (["shrink", "single-node", "--seed", "2", "--plant", "skip-flush", "--save", "no-such-folder/small.toml"],
     "cannot write no-such-folder/small.toml"),
]


# What is put behind the drawn plan of reassign's seed 3, and how it is refused.
BAD_OPERATIONS = [
    ('kind = "rebalance"\n', 'no operation "rebalance"; there are: reassign,'),
    ('kind = "reassign"\ntarget = "t0-0"\n', "its nodes are replicas"),
    ('kind = "reassign"\ntarget = "t0-0"\nnodes = [1, 1]\n', "its nodes are replicas"),
    ('kind = "reassign"\ntarget = "t0-99"\nnodes = [1]\n', 'its target is "t0-99"; the partitions are'),
    ('kind = "reassign"\ntarget = "t0-0"\nnodes = ["n1"]\n', "nodes takes a list of integers"),
    ('kind = "reassign"\ntarget = "t0-0"\nnodes = [1]\namount = -1\n', "its amount is not negative"),
    ('kind = "cancel-reassignment"\ntarget = "t0-0"\nnodes = [1]\n', "only reassign and move-replica take nodes"),
    ('kind = "move-replica"\ntarget = "t0-0"\nnodes = [1, 2]\namount = 1\n', "its nodes are one of 1 to"),
    ('kind = "move-replica"\ntarget = "t0-0"\nnodes = [1]\namount = 9\n', "the log directories are 1 to"),
    ('kind = "remove-broker"\ntarget = "n99"\n', "the brokers that are no controllers are"),
    ('kind = "remove-broker"\nwhere = "n4"\n', 'unknown key "where"'),
]

# What is put behind the drawn plan of seed 3, and how it is refused.
FAULT = '\n[[fault]]\nat = "3s"\n'
BAD_FAULTS = [
    ('kind = "kill"\nnode = "n2"\n', 'its node is "n2"; with clients = '),
    ('kind = "kill"\n', "kill: it names no node"),
    ('kind = "kill"\nnode = "c0"\n', "its node is c0; only n1 has a disk and comes back"),
    ('kind = "kill"\nnode = "n1"\npeer = "c0"\n', "kill: besides node and at or cue it takes duration"),
    ('kind = "partition"\nnode = "n1"\n', "partition: it needs a duration"),
    ('kind = "partition"\nnode = "n1"\npeer = "c64"\nduration = "1s"\n', 'its peer is "c64"'),
    ('kind = "partition"\nnode = "n1"\npeer = "n1"\nduration = "1s"\n', "n1 is its own peer"),
    ('kind = "disk-bit-rot"\nnode = "n1"\npath = "t64-0/"\n', 'its path is "t64-0/"; with topics = '),
    ('kind = "disk-bit-rot"\nnode = "n1"\n', 'its path is ""; with topics = '),
    ('kind = "clock-drift"\nnode = "n1"\namount = -1000000\n', "parts per million"),
    ('kind = "kill"\nnode = "n1"\nduration = "-1s"\n', "duration is not negative"),
    ('kind = "kill"\nnode = "teller"\n', "who tells is known at a cue only"),
    ('kind = "kill"\nnode = "n1"\ncue = { event = "log_appended", node = "teller" }\n', "write anyone"),
    ('kind = "kill"\nnode = "n1"\ncue = { event = "log_appended" }\n', "names no event or no node"),
]

# A line of that plan, what stands there instead, and how it is refused.
BAD_LINES = [
    (r"^topics = .*$", "topics = 0", "topics is 0"),
    (r"^topics = .*$", "", "[workload] lacks topics"),
    (r"^topics = .*$", "topics = 1\nbrokers = 3", 'no workload number "brokers"'),
    (r'^"log.segment.bytes" = .*$', '"log.segment.bytes" = "20"', "lower record_bytes"),
    (r'^"log.segment.bytes" = .*$', '"log.segment.byte" = "1"', "unknown key 'log.segment.byte'"),
    (r'^"log.segment.bytes" = .*$', '"log.dirs" = "elsewhere"', "log.dirs is the scenario's own"),
    (r"^latency_min = .*$", 'latency_min = "10s"', "latency_min is above latency_max"),
    (r"^split_per_million = .*$", "split_per_million = 2000000", "split_per_million is 0 to 1000000"),
    (r"^duration = .*$", "", "the plan needs a duration"),
]


def environment(store=None):
    """Without the run store of whoever runs the tests."""
    variables = {key: value for key, value in os.environ.items() if key != "GREGOR_STORE"}
    return variables if store is None else {**variables, "GREGOR_STORE": str(store)}


def gregor(*arguments, store=None):
    """Exit code and everything printed."""
    done = subprocess.run([GREGOR, *map(str, arguments)], stdout=subprocess.PIPE, env=environment(store),
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
    return done.returncode, done.stdout


def digest_of(output):
    return re.search(r"^digest (\S+) after \d+ events", output, re.MULTILINE).group(1)


class Runs(unittest.TestCase):
    def test_seeds_pass_and_are_deterministic(self):
        code, output = gregor("run", "single-node", "--seeds", 25, "--check-determinism", "--quiet")
        self.assertEqual(code, 0, output)
        self.assertIn("verdict: pass", output)

    def test_clusters_pass_and_are_deterministic(self):
        for scenario in ("crash", "partitions", "disks", "clocks", "isr-failover", "controller-failover",
                         "rolling", "reassign", "swarm", "groups", "mixed-clients", "exactly-once",
                         "at-least-once", "at-most-once", "bank"):
            with self.subTest(scenario=scenario):
                code, output = gregor("run", scenario, "--seeds", 6, "--check-determinism", "--quiet")
                self.assertEqual(code, 0, output)
                self.assertIn("verdict: pass", output)

    def test_what_is_promised_is_missed_without_what_keeps_it(self):
        for scenario, numbers, wanted in (
                ("exactly-once", "transactions=0", "effect-twice"),
                ("exactly-once", "idempotence=0", "duplicate"),
                ("exactly-once", "read_committed=0", "G1a"),
                ("at-least-once", "promise=0", "effect-twice"),
                ("at-most-once", "promise=0", "effect-missing"),
                ("bank", "transactions=0", "bank|auditor")):
            with self.subTest(scenario=scenario, numbers=numbers):
                code, output = gregor("run", scenario, "--workload", numbers, "--seeds", 50,
                                      "--stop-at-failure", "--quiet")
                self.assertEqual(code, 1, output)
                self.assertRegex(output, wanted)

    def test_plans_that_once_failed_pass(self):
        plans = sorted(PLANS.glob("*.toml"))
        self.assertTrue(plans)
        for plan in plans:
            with self.subTest(plan=plan.name):
                code, output = gregor("run", plan, "--check-determinism", "--quiet")
                self.assertEqual(code, 0, output)

    def test_a_report_names_counts_and_faults(self):
        code, output = gregor("run", "single-node", "--seed", 3)
        self.assertEqual(code, 0, output)
        for text in ("runs 1, pass 1", "faults fired", "probes reached: "):
            self.assertIn(text, output)
        acknowledged = re.search(r"acknowledged_sends +(\d+)", output)
        self.assertGreaterEqual(int(acknowledged.group(1)), 2000)

    def test_a_run_under_its_floor_is_vacuous(self):
        code, output = gregor("run", "single-node", "--seed", 3, "--workload",
                              "floor_faults=1000000000", "--quiet")
        self.assertEqual(code, 2, output)
        self.assertRegex(output, r"\d+ fired faults, the floor is 1000000000")
        self.assertIn("verdict: vacuous", output)

    def test_a_disabled_fault_does_not_fire(self):
        code, output = gregor("plan", "single-node", "--seed", 3)
        self.assertEqual(code, 0, output)
        kinds = set(re.findall(r'kind = "([a-z-]+)"', output))
        self.assertTrue(kinds)
        kind = sorted(kinds)[0]
        code, output = gregor("plan", "single-node", "--seed", 3, "--disable-fault", kind)
        self.assertEqual(set(re.findall(r'kind = "([a-z-]+)"', output)), kinds - {kind})

    def test_a_given_number_decides_what_faults_are_drawn(self):
        for numbers in ("clients=1", "topics=1", "partitions=1", "record_bytes=10000"):
            with self.subTest(numbers=numbers):
                code, output = gregor("run", "single-node", "--seeds", 6, "--workload", numbers,
                                      "--quiet")
                self.assertEqual(code, 0, output)
        code, output = gregor("run", "swarm", "--seeds", 8, "--workload", "brokers=3", "--workload",
                              "controllers=3", "--workload", "separate_controllers=0", "--quiet")
        self.assertEqual(code, 0, output)
        _, output = gregor("plan", "single-node", "--seed", 3, "--workload", "clients=1")
        self.assertIn("\nclients = 1\n", output)
        self.assertNotRegex(output, r'"c[1-9]')

    def test_a_reassignment_that_ends_too_early_is_found_and_its_plan_shrinks_to_it(self):
        plant = ["--plant", "reassign-before-in-sync"]
        code, output = gregor("run", "reassign", "--seeds", 6, *plant, "--quiet")
        self.assertEqual(code, 1, output)
        seed = re.search(r"seed (\d+): violated\n  R9 violated", output).group(1)
        with tempfile.TemporaryDirectory() as folder:
            small = pathlib.Path(folder) / "small.toml"
            gregor("shrink", "reassign", "--seed", seed, *plant, "--budget", 300, "--save", small)
            text = small.read_text(encoding="utf-8")
        self.assertNotIn("[[fault]]", text)
        self.assertEqual(1, text.count("[[operation]]"), text)

    def test_operations_that_cannot_be_done_are_refused_by_name(self):
        _, drawn = gregor("plan", "reassign", "--seed", 3)
        for operation, text in BAD_OPERATIONS:
            with self.subTest(operation=operation), tempfile.TemporaryDirectory() as folder:
                plan = pathlib.Path(folder) / "plan.toml"
                plan.write_text(drawn + '\n[[operation]]\nat = "3s"\n' + operation, encoding="utf-8")
                code, output = gregor("run", plan)
                self.assertEqual(code, 254, output)
                self.assertIn(text, output)


class Replays(unittest.TestCase):
    def test_a_seed_twice_gives_the_same_digest_and_another_seed_another(self):
        code, first = gregor("replay", "single-node", "--seed", 5)
        self.assertEqual(code, 0, first)
        self.assertEqual(gregor("replay", "single-node", "--seed", 5), (code, first))
        _, other = gregor("replay", "single-node", "--seed", 6)
        self.assertNotEqual(digest_of(first), digest_of(other))

    def test_a_trace_changes_nothing(self):
        options = ["replay", "single-node", "--seed", 5, "--until", "3s"]
        _, plain = gregor(*options)
        _, traced = gregor(*options, "--trace")
        self.assertEqual(digest_of(plain), digest_of(traced))
        self.assertRegex(traced, r"(?m)^\d+\.\d+s n1 log_appended ")

    def test_a_saved_plan_is_the_seed(self):
        _, by_seed = gregor("replay", "single-node", "--seed", 5)
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder) / "plan.toml"
            code, output = gregor("plan", "single-node", "--seed", 5, "--save", plan)
            self.assertEqual(code, 0, output)
            code, by_plan = gregor("replay", plan)
            self.assertEqual((code, digest_of(by_plan)), (0, digest_of(by_seed)))
            code, output = gregor("run", plan, "--quiet")
            self.assertEqual(code, 0, output)
            # A plan of a plan is the plan.
            self.assertEqual(gregor("plan", plan), (0, plan.read_text(encoding="utf-8")))


class Errors(unittest.TestCase):
    def test_a_usage_error_exits_254_and_names_what_is_wrong(self):
        for arguments, named in USAGE_ERRORS:
            with self.subTest(arguments=arguments):
                code, output = gregor(*arguments)
                self.assertEqual(code, 254, output)
                self.assertIn(named, output)

    def test_a_bad_plan_is_refused_by_line(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder) / "bad.toml"
            plan.write_text('scenario = "single-node"\nsede = 4\n', encoding="utf-8")
            code, output = gregor("run", plan)
            self.assertEqual(code, 254, output)
            self.assertIn('line 2: unknown key "sede"', output)

    def test_a_plan_that_names_what_is_not_there_is_refused_with_what_to_do(self):
        _, drawn = gregor("plan", "single-node", "--seed", 3)
        edited = [(drawn + FAULT + fault, named) for fault, named in BAD_FAULTS]
        for pattern, line, named in BAD_LINES:
            self.assertRegex(drawn, re.compile(pattern, re.MULTILINE))
            edited.append((re.sub(pattern, line, drawn, count=1, flags=re.MULTILINE), named))
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder) / "edited.toml"
            for text, named in edited:
                plan.write_text(text, encoding="utf-8")
                with self.subTest(named=named):
                    code, output = gregor("run", plan)
                    self.assertEqual(code, 254, output)
                    self.assertIn(str(plan), output)
                    self.assertIn(named, output)

    def test_help_and_lists_exit_0(self):
        for arguments, named in [(["--help"], "replay"), (["list"], "single-node"),
                                 (["bugs"], "ack-before-append"), (["faults"], "power-loss")]:
            with self.subTest(arguments=arguments):
                code, output = gregor(*arguments)
                self.assertEqual(code, 0, output)
                self.assertIn(named, output)


HEAD = {"format": "gregor-history", "version": 1, "acks": "all", "enable.idempotence": True,
        "unclean.leader.election.enable": False}
SEND = {"op": "send", "producer": "p", "number": 1, "topic": "t", "partition": 0, "value": "a", "result": "ok",
        "offset": 0}
READ = {"op": "read", "consumer": "c", "topic": "t", "partition": 0, "offset": 0, "value": "a"}
END = {"op": "end", "consumer": "c", "topic": "t", "partition": 0, "log_start": 0, "log_end": 1}
# A file's lines, and how it is refused.
BAD_HISTORIES = [
    ([], "is empty"),
    (["{"], ":1: it is no JSON object"),
    ([SEND], ':1: "version" is missing'),
    ([HEAD | {"version": 3}], ":1: the head is not that of"),
    ([HEAD | {"acks": 2}], '"acks" is none of'),
    ([HEAD | {"acks": 1}], "an idempotent producer has acks=all"),
    ([HEAD | {"enable.idempotence": "yes"}], '"enable.idempotence" is neither true nor false'),
    ([HEAD | {"retention": 7}], '"retention" is neither true nor false'),
    ([HEAD, "[]"], ":2: it is no JSON object"),
    ([HEAD, {"op": "sned"}], ":2: no op 'sned'"),
    ([HEAD, SEND | {"result": "maybe"}], ":2: no result 'maybe'"),
    ([HEAD, SEND | {"result": "fail"}], ":2: an offset of a send that is not ok"),
    ([HEAD, SEND | {"offset": -1}], ':2: "offset" is no whole number from 0 on'),
    ([HEAD, SEND | {"partition": 1 << 31}], ':2: "partition" is too large'),
    ([HEAD, SEND | {"number": 1.5}], ':2: "number" is no whole number'),
    ([HEAD, READ | {"value": 7}], ':2: "value" is no string'),
    ([HEAD, SEND, SEND], ":3: value 'a' is sent twice"),
]


class Histories(unittest.TestCase):
    """gregor check; what it finds is in unit/anomalies."""

    def check(self, *lines):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "history.jsonl"
            path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
            return gregor("check", path)

    def test_a_history_passes_is_violated_or_says_too_little(self):
        code, output = self.check(HEAD, SEND, {"op": "note", "fault": "kill"}, READ | {"ended": 1.5}, END)
        self.assertEqual(0, code, output)
        self.assertRegex(output, r"\A1 sends \(1 ok, 0 failed, 0 unknown\), 1 reads, 0 transactions, 1 partitions, "
                                 r"\d+ comparisons\n"
                                 r"verdict: pass\n\Z")
        code, output = self.check(HEAD, SEND, SEND | {"number": 2, "value": "b", "offset": 1}, READ, END)
        self.assertEqual(1, code, output)
        self.assertIn("lost-write (H1) violated at line 5: t-0: 'b' was acknowledged at offset 1 and is lost", output)
        self.assertTrue(output.endswith("verdict: violated\n"), output)
        code, output = self.check(HEAD, SEND, READ)
        self.assertEqual(2, code, output)
        self.assertTrue(output.endswith("t-0 was not read to its end: nobody knows what is lost\n"
                                        "verdict: undecided\n"), output)

    def test_a_run_and_the_file_of_its_history_get_one_verdict(self):
        for options, finds in ([], False), (["--plant", "b31-load-keeps-first"], True):
            with self.subTest(options=options), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "history.jsonl"
                code, output = gregor("run", "groups", *options, "--seeds", 40, "--stop-at-failure", "--quiet")
                seed = re.search(r"^seed (\d+): violated", output, re.MULTILINE).group(1) if finds else 1
                code, output = gregor("replay", "groups", *options, "--seed", seed, "--history", path)
                checked, found = gregor("check", path)
                self.assertEqual((int(finds), int(finds)), (code, checked), output + found)
                if not finds:
                    self.assertTrue(found.endswith("verdict: pass\n"), found)
                    continue
                invariant, row, what, line = re.search(
                    r"^(\S+) violated at \S+: ([a-z-]+): (.*) \(line (\d+) of the history\)$",
                    output, re.MULTILINE).groups()
                self.assertIn(f"{row} ({invariant}) violated at line {line}: {what}", found)

    def test_a_scenario_without_a_history_says_so(self):
        code, output = gregor("replay", "single-node", "--seed", 1, "--until", "1s", "--history", "/dev/null")
        self.assertEqual(254, code, output)

    def test_a_file_of_another_kind_is_refused_with_its_line(self):
        for lines, wanted in BAD_HISTORIES:
            with self.subTest(wanted=wanted):
                code, output = self.check(*lines)
                self.assertEqual(254, code, output)
                self.assertIn(wanted, output)
        self.assertEqual(254, gregor("check", "no-such-file")[0])


class PlantedBugs(unittest.TestCase):
    def test_planted_bugs_are_found_and_replay(self):
        for bug, invariants, seeds in PLANTED:
            with self.subTest(bug=bug):
                self.find(bug, invariants, seeds)

    def find(self, bug, invariants, seeds):
        code, output = gregor("run", "single-node", "--plant", bug, "--seeds", seeds,
                              "--stop-at-failure", "--quiet")
        self.assertEqual(code, 1, output)
        self.assertIn("verdict: violated", output)
        violation = re.search(r"^  (\S+) violated at .*$", output, re.MULTILINE)
        self.assertIn(violation.group(1), invariants)
        replay = re.search(r"^  replay: gregor (replay .*) --trace$", output, re.MULTILINE)
        self.assertIn(bug, replay.group(1))
        code, again = gregor(*replay.group(1).split())
        self.assertEqual(code, 1, again)
        self.assertIn(violation.group(0).strip(), again)

    def test_what_is_muted_is_counted_and_the_run_goes_on(self):
        code, output = gregor("run", "single-node", "--plant", "ack-before-append", "--seed", 1, "--mute",
                              "H2,H1,P1,P7,R12,R8,H6,H7,T7,V3,V5", "--mute", "L3", "--quiet")
        self.assertEqual(code, 2, output)
        self.assertIn("verdict: muted", output)
        self.assertRegex(output, r"(?m)^H2 muted, violated in 1 runs, \d+ times\n  seed 1, at ")
        self.assertIn("L3 muted, and never violated\n", output)
        code, output = gregor("replay", "single-node", "--plant", "skip-flush", "--seed", 2, "--mute", "L8")
        self.assertIn("L8 muted, violated ", output)
        self.assertRegex(output, r"(?m)^verdict: (muted|violated)$")
        self.assertEqual(code, 2 if "verdict: muted" in output else 1, output)

    def test_a_follower_that_truncates_for_ever_is_noticed_by_that_too(self):
        """V2 says first that it is never in sync: behind it stands V8."""
        code, output = gregor("run", "swarm", "--plant", "b09-epoch-cache-not-truncated-at-leo",
                              "--seeds", 100, "--stop-at-failure", "--mute", "V2", "--quiet")
        self.assertEqual(code, 1, output)
        self.assertRegex(output, r"V8 violated at .*: \d{3,} truncations since the faults healed")


class Shrinks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        code, output = gregor("run", "single-node", "--plant", "skip-flush", "--seeds", 8,
                              "--stop-at-failure", "--quiet", "--jobs", 1)
        assert code == 1, output
        cls.invariant = re.search(r"^  (\S+) violated at ", output, re.MULTILINE).group(1)
        # The next step that the failure names.
        cls.shrink = re.search(r"^  shrink: gregor (shrink .*)$", output, re.MULTILINE).group(1).split()

    def test_a_failing_seed_shrinks_to_a_small_plan_that_replays(self):
        with tempfile.TemporaryDirectory() as folder:
            small = pathlib.Path(folder) / "small.toml"
            code, output = gregor(*self.shrink, "--save", small)
            self.assertEqual(code, 1, output)
            saved = small.read_text(encoding="utf-8")
            self.assertLessEqual(saved.count("[[fault]]"), 2, output)
            self.assertIn("\nclients = 1\n", saved)
            self.assertIn(saved, output)
            violation = re.search(rf"^{self.invariant} violated at \S+: .*$", output.split(saved)[1],
                                  re.MULTILINE)
            replay = re.search(r"^replay: gregor (replay .*) --trace$", output, re.MULTILINE)
            code, again = gregor(*replay.group(1).split())
            self.assertEqual(code, 1, again)
            self.assertIn(violation.group(0), again)
            # The bug made the run fail; not the smallness of the plan.
            code, sound = gregor("replay", small, "--workload", "floor_acknowledged=0", "--workload",
                                 "floor_faults=0", "--workload", "floor_crashes=0")
            self.assertEqual(code, 0, sound)

    def test_shrinking_twice_gives_the_same_plan_and_shrinking_the_small_one_gives_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder) / f"{name}.toml" for name in ("one", "two", "three")]
            gregor(*self.shrink, "--save", files[0])
            gregor(*self.shrink, "--save", files[1])
            code, output = gregor("shrink", files[0], "--plant", "skip-flush", "--save", files[2])
            self.assertEqual(code, 1, output)
            texts = {file.read_text(encoding="utf-8") for file in files}
            self.assertEqual(len(texts), 1, texts)

    def test_a_small_budget_leaves_a_larger_plan_that_still_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            small = pathlib.Path(folder) / "small.toml"
            code, output = gregor(*self.shrink, "--save", small, "--budget", 3)
            self.assertEqual(code, 1, output)
            self.assertIn("\n3 runs, ", output)
            self.assertIn("more --budget may make it smaller", output)
            code, output = gregor("replay", small, "--plant", "skip-flush")
            self.assertEqual(code, 1, output)

    def test_given_numbers_and_disabled_faults_are_in_the_small_plan(self):
        with tempfile.TemporaryDirectory() as folder:
            small = pathlib.Path(folder) / "small.toml"
            code, output = gregor(*self.shrink, "--workload", "fetch_wait_ms=77", "--disable-fault",
                                  "disk-slow", "--save", small, "--budget", 0)
            self.assertEqual(code, 1, output)
            self.assertIn("\nfetch_wait_ms = 77\n", small.read_text(encoding="utf-8"))
            self.assertRegex(output, r"(?m)^replay: gregor replay \S+small.toml --plant skip-flush --trace$")

    def test_a_run_that_passes_or_is_vacuous_has_nothing_to_shrink(self):
        for numbers, verdict in [((), "pass"), (("--workload", "floor_faults=1000000000"), "vacuous")]:
            with self.subTest(verdict=verdict), tempfile.TemporaryDirectory() as folder:
                small = pathlib.Path(folder) / "small.toml"
                code, output = gregor("shrink", "single-node", "--seed", 3, *numbers, "--save", small)
                self.assertEqual(code, 254, output)
                self.assertIn(f"seed 3 violates nothing (its verdict: {verdict})", output)
                self.assertFalse(small.exists())


class Stores(unittest.TestCase):
    """What gregor run leaves in a run store, and what it takes from it."""

    # Seed 2 fails with this bug, seed 1 does not.
    BUG = ("--plant", "skip-flush")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "new" / "runs.sqlite"

    def run_seeds(self, *arguments, code=0):
        done, output = gregor("run", "single-node", "--quiet", "--jobs", 1, "--store", self.store, *arguments)
        self.assertEqual(done, code, output)
        return output

    def runs(self, *arguments):
        """Id, verdict, origin and seed of each, the oldest first."""
        code, output = gregor("runs", "--store", self.store, *arguments)
        self.assertEqual(code, 0, output)
        found = re.findall(r"^ +(\d+)  \S+ \S+  (\w+) +(\w+) +(\d+)  ", output, re.MULTILINE)
        return [(int(run), verdict, origin, int(seed)) for run, verdict, origin, seed in found[::-1]]

    def test_what_failed_last_time_goes_first_and_the_seeds_go_on(self):
        self.assertIn("single-node: seeds 1 and up", self.run_seeds("--seeds", 2, *self.BUG, code=1))
        output = self.run_seeds("--seeds", 1, *self.BUG, code=1)
        self.assertIn("single-node: 1 that failed last time, then seeds 3 and up", output)
        self.assertEqual([run[2:] for run in self.runs()[2:]], [("again", 2), ("drawn", 3)])
        # Without the bug these are other runs: nothing of them has failed, no seed is drawn yet.
        self.assertIn("single-node: seeds 1 and up", self.run_seeds("--seeds", 1))
        # One seed is one seed, and a given first seed is the first.
        self.assertNotIn("last time", self.run_seeds("--seed", 2, *self.BUG, code=1))
        self.assertEqual(self.runs()[-1][2:], ("given", 2))
        self.assertIn("last time, then seeds 1 and up",
                      self.run_seeds("--seeds", 0, "--first-seed", 1, *self.BUG, code=1))

    def test_what_passes_again_is_not_run_first_any_more(self):
        self.run_seeds("--seeds", 2, *self.BUG, code=1)
        # As if the failure had been that of a build without the planted bug, which is then fixed.
        with sqlite3.connect(self.store) as database:
            database.execute("UPDATE runs SET options = ''")
        database.close()
        output = self.run_seeds("--seeds", 1)
        self.assertIn("1 that failed last time, then seeds 3 and up", output)
        self.assertEqual(self.runs()[2:], [(3, "pass", "again", 2), (4, "pass", "drawn", 3)])
        self.assertNotIn("last time", self.run_seeds("--seeds", 1))

    def test_a_plan_that_the_seed_does_not_draw_any_more_is_run_as_stored(self):
        plan = self.folder / "edited.toml"
        _, text = gregor("plan", "single-node", "--seed", 2)
        plan.write_text(re.sub(r"(?m)^fetch_wait_ms = .*$", "fetch_wait_ms = 77", text), encoding="utf-8")
        code, output = gregor("run", plan, "--store", self.store, "--quiet", *self.BUG)
        self.assertEqual(code, 1, output)
        violation = re.search(r"(?m)^  (L8 violated at .*)$", output).group(1)
        output = self.run_seeds("--seeds", 0, *self.BUG, code=1)
        self.assertIn(violation, output)
        replay = re.search(r"(?m)^  replay: gregor (runs show .*) && gregor (replay .*) --trace$", output)
        small = self.folder / "again.toml"
        code, output = gregor(*replay.group(1).replace("run2.toml", str(small)).split())
        self.assertEqual(code, 0, output)
        self.assertEqual(small.read_text(encoding="utf-8"), plan.read_text(encoding="utf-8"))
        code, output = gregor(*replay.group(2).replace("run2.toml", str(small)).split())
        self.assertEqual(code, 1, output)
        self.assertIn(violation, output)

    def test_a_stored_plan_that_cannot_be_run_is_named_and_left_out(self):
        self.run_seeds("--seeds", 2, *self.BUG, code=1)
        with sqlite3.connect(self.store) as database:
            database.execute("UPDATE plans SET toml = replace(toml, 'fetch_wait_ms', 'fetch_wait')")
        database.close()
        output = self.run_seeds("--seed", 1, *self.BUG)
        self.assertNotIn("last time", output)
        output = self.run_seeds("--seeds", 1, "--first-seed", 1, *self.BUG)
        self.assertIn('run 2 failed last time, but this build does not run its plan: no workload number '
                      '"fetch_wait"', output)

    def test_runs_are_listed_and_shown(self):
        self.run_seeds("--seeds", 2, *self.BUG, code=1)
        self.assertEqual(self.runs(), [(1, "pass", "drawn", 1), (2, "violated", "drawn", 2)])
        self.assertEqual(self.runs("--failed"), [(2, "violated", "drawn", 2)])
        self.assertEqual(self.runs("--failed", "--scenario", "no-such"), [])
        self.assertEqual(len(self.runs("--limit", 1)), 1)
        code, output = gregor("runs", "show", 2, store=self.store)
        self.assertEqual(code, 0, output)
        _, plan = gregor("plan", "single-node", "--seed", 2)
        self.assertTrue(output.endswith("plan:\n" + plan), output)
        for text in ("run 2: single-node --plant skip-flush, seed 2", "L8 violated at ",
                     "--save run2.toml && gregor replay run2.toml --plant skip-flush --trace",
                     "acknowledged_sends ", "probes reached: ", "verdict: violated"):
            self.assertIn(text, output)
        code, output = gregor("runs", "show", 77, "--store", self.store)
        self.assertEqual((code, output.strip()), (254, f"gregor: {self.store} holds no run 77"))

    def test_a_report_sums_up_by_scenario_and_options(self):
        self.run_seeds("--seeds", 2, *self.BUG, code=1)
        self.run_seeds("--seeds", 3)
        code, output = gregor("report", store=self.store)
        self.assertEqual(code, 0, output)
        plain, planted = output.split("\n\n")
        self.assertRegex(plain, r"^single-node\n  runs 3, pass 3\n  from \S+ \S+ to \S+ \S+ UTC, 1 builds, ")
        self.assertRegex(plain, r"\n  probes reached: \d+ of \d+\n  never reached in any run\n    \w")
        self.assertNotIn("violated", plain)
        self.assertRegex(planted, r"^single-node --plant skip-flush\n  runs 2, pass 1, violated 1\n")
        self.assertNotIn("never", planted)
        self.assertRegex(planted, r"\n    L8 +in 1 runs, first in run 2 of build [0-9a-f]{12} \(")
        self.assertEqual(gregor("report", "--scenario", "no-such", store=self.store), (0, "no such runs\n"))

    def test_a_store_changes_nothing_of_a_run(self):
        _, without = gregor("run", "single-node", "--seed", 2, "--quiet", *self.BUG)
        _, with_it = gregor("run", "single-node", "--seed", 2, "--quiet", *self.BUG, store=self.store)
        self.assertEqual(without, with_it.replace("  stored as run 1\n", ""))

    def test_several_processes_write_to_one_store(self):
        command = [GREGOR, "run", "single-node", "--seeds", "4", "--quiet", "--jobs", "1", "--first-seed"]
        started = [subprocess.Popen([*command, str(first)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, env=environment(self.store)) for first in (1, 11, 21)]
        for process in started:
            output, _ = process.communicate(timeout=600)
            self.assertEqual(process.returncode, 0, output)
        self.assertEqual(sorted(run[3] for run in self.runs()),
                         [*range(1, 5), *range(11, 15), *range(21, 25)])

    def test_a_store_that_is_not_ours_or_damaged_is_refused_and_left_alone(self):
        self.run_seeds("--seeds", 1)
        sound = self.store.read_bytes()
        foreign = self.folder / "foreign.sqlite"
        with sqlite3.connect(foreign) as database:
            database.execute("CREATE TABLE pets (name)")
        database.close()
        newer = self.folder / "newer.sqlite"
        newer.write_bytes(sound)
        with sqlite3.connect(newer) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        for content, named in [(b"not a database\n" * 500, "is not an SQLite database"),
                               (foreign.read_bytes(), "is a database of another program"),
                               (newer.read_bytes(), "was written by a newer build"),
                               (sound[:len(sound) // 2], "is damaged"),
                               (sound[:8192] + bytes(8192) + sound[16384:], "is damaged")]:
            self.store.write_bytes(content)
            for command in (["run", "single-node", "--seed", 1], ["runs"], ["runs", "show", 1], ["report"]):
                with self.subTest(named=named, command=command):
                    code, output = gregor(*command, store=self.store)
                    self.assertEqual(code, 254, output)
                    self.assertIn(f"{self.store} {named}", output)
                    self.assertEqual(self.store.read_bytes(), content)


if __name__ == "__main__":
    GREGOR = sys.argv.pop(1)
    unittest.main()
