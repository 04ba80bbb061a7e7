"""scripts/drill: three nodes under load whose leader is killed; and its verdicts on made-up histories."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import ROOT, gregord_program, main

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

DRILL = ROOT / "scripts" / "drill"
PASSED, VIOLATED, UNDECIDED, USAGE = 0, 1, 2, 254


def run_drill(*arguments):
    return subprocess.run([sys.executable, DRILL, *arguments], capture_output=True, text=True, timeout=280, check=False)


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Cluster(unittest.TestCase):
    def test_a_leader_killed_under_load_loses_and_repeats_nothing(self):
        with tempfile.TemporaryDirectory(prefix="gregor-drill-") as folder:
            drill = pathlib.Path(folder) / "drill"
            done = run_drill("--fault", "kill:leader", "--dir", drill, "--gregord", gregord_program())
            self.assertEqual(PASSED, done.returncode, done.stdout + done.stderr)
            faults = [json.loads(line) for line in (drill / "history.jsonl").read_text().splitlines()
                      if '"op": "fault"' in line]
            self.assertEqual([("kill", True)],
                             [(fault["kind"], "leader of 0" in fault["why"]) for fault in faults])


def send(value, offset, result="ok"):
    return {"op": "send", "process": value.split()[0], "partition": 0, "value": value, "began": 0.0,
            "ended": 1.0, "result": result, "offset": offset}


def poll(value, offset, process="final"):
    return {"op": "poll", "process": process, "partition": 0, "value": value, "ended": 2.0, "result": "ok",
            "offset": offset}


class Verdicts(unittest.TestCase):
    def verdict(self, *events):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("".join(json.dumps(event) + "\n" for event in events))
            file.flush()
            return run_drill("--judge", file.name)

    def violated(self, kind, *events):
        done = self.verdict(*events)
        self.assertEqual(VIOLATED, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"drill: {kind}: ", done.stdout)

    def test_a_history_without_a_fault_passes(self):
        done = self.verdict(send("p0 0", 0), send("p0 1", -1), send("p0 2", None, "unknown"),
                            poll("p0 0", 0, "c0"), poll("p0 0", 0), poll("p0 1", 1), poll("p0 2", 2))
        self.assertEqual(PASSED, done.returncode, done.stdout + done.stderr)

    def test_each_kind_of_violation_is_found(self):
        self.violated("lost", send("p0 0", 0), send("p0 1", 1), poll("p0 0", 0))
        self.violated("lost", send("p0 0", 1), send("p0 1", 0), poll("p0 0", 0), poll("p0 1", 1))
        self.violated("duplicated", send("p0 0", 0), poll("p0 0", 0), poll("p0 0", 1))
        self.violated("reordered", send("p0 0", 1), send("p0 1", 0), poll("p0 1", 0), poll("p0 0", 1))
        self.violated("invented", send("p0 0", 0), poll("p0 0", 0), poll("p0 7", 1))
        self.violated("invented", send("p0 0", None, "fail"), poll("p0 0", 0))
        self.violated("diverged", send("p0 0", 0), poll("p0 5", 0, "c0"), poll("p0 0", 0))
        self.violated("diverged", send("p0 0", 0), poll("p0 0", 0), poll("p0 0", 0, "c0"),
                      poll("p0 1", 1, "c0"))
        self.violated("skipped", send("p0 0", 0), send("p0 1", 1), poll("p0 0", 0), poll("p0 1", 2))

    def test_nothing_that_was_acknowledged_is_no_verdict(self):
        self.assertEqual(UNDECIDED, self.verdict(send("p0 0", None, "unknown")).returncode)

    def test_mistakes_are_usage(self):
        self.assertEqual(USAGE, run_drill("--judge", "/no/such/file").returncode)
        self.assertEqual(USAGE, run_drill("--fault", "kill:everyone").returncode)


if __name__ == "__main__":
    main()
