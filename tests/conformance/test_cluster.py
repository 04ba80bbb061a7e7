"""scripts/drill: three nodes under load whose leader is killed, or cut off the network."""

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
PASSED, NO_NETWORKS, USAGE = 0, 77, 254


def run_drill(*arguments):
    return subprocess.run([sys.executable, DRILL, *arguments], capture_output=True, text=True, timeout=280, check=False)


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Cluster(unittest.TestCase):
    def drill(self, *arguments):
        """The drill's history, and what it wrote."""
        with tempfile.TemporaryDirectory(prefix="gregor-drill-") as folder:
            drill = pathlib.Path(folder) / "drill"
            done = run_drill(*arguments, "--dir", drill, "--gregord", gregord_program())
            if done.returncode == NO_NETWORKS:
                self.skipTest(done.stderr.strip())
            self.assertEqual(PASSED, done.returncode, done.stdout + done.stderr)
            return [json.loads(line) for line in (drill / "history.jsonl").read_text().splitlines()], done.stdout

    def faults(self, events):
        return [(event["fault"], "leader of 0" in event["why"]) for event in events if "fault" in event]

    def test_a_leader_killed_under_load_loses_and_repeats_nothing(self):
        events, output = self.drill("--fault", "kill:leader")
        self.assertEqual([("kill", True)], self.faults(events))
        self.assertIn("drill: failover of partition 0 in ", output)

    def test_a_leader_cut_off_from_nodes_or_from_everyone_loses_and_repeats_nothing(self):
        events, _ = self.drill("--cut", "--fault", "cut:leader", "--fault", "isolate:leader")
        self.assertEqual([("cut", True), ("isolate", True)], self.faults(events))


class CommandLine(unittest.TestCase):
    def test_mistakes_are_usage(self):
        self.assertEqual(USAGE, run_drill("--fault", "kill:everyone").returncode)
        self.assertEqual(USAGE, run_drill("--fault", "cut:leader").returncode)


if __name__ == "__main__":
    main()
