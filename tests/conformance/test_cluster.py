"""scripts/drill: three nodes under load whose leader is killed, or cut off the network."""

import json
import pathlib
import shutil
import tempfile
import unittest

from harness import DRILL_USAGE, gregord_program, main, run_drill

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

PASSED, NO_NETWORKS = 0, 77


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Cluster(unittest.TestCase):
    def drill(self, *arguments):
        """The drill's history, and what it wrote. Of one that did not pass everything is kept."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gregor-drill-"))
        drill = folder / "drill"
        done = run_drill(*arguments, "--dir", drill, "--gregord", gregord_program())
        if done.returncode == NO_NETWORKS:
            shutil.rmtree(folder)
            self.skipTest(done.stderr.strip())
        self.assertEqual(PASSED, done.returncode, done.stdout + done.stderr)
        events = [json.loads(line) for line in (drill / "history.jsonl").read_text().splitlines()]
        shutil.rmtree(folder)
        return events, done.stdout

    def faults(self, events):
        return [(event["fault"], "leader of drill-0" in event["why"]) for event in events if "fault" in event]

    def test_a_leader_killed_under_load_loses_and_repeats_nothing(self):
        events, output = self.drill("--fault", "kill:leader")
        self.assertEqual([("kill", True)], self.faults(events))
        self.assertIn("drill: failover of partition 0 in ", output)

    def test_a_leader_cut_off_from_nodes_or_from_everyone_loses_and_repeats_nothing(self):
        events, _ = self.drill("--cut", "--fault", "cut:leader", "--fault", "isolate:leader")
        self.assertEqual([("cut", True), ("isolate", True)], self.faults(events))


class CommandLine(unittest.TestCase):
    def test_mistakes_are_usage(self):
        for mistake in (["--fault", "kill:everyone"], ["--fault", "cut:leader"], ["--topic", "input"],
                        ["--fault", "kill:coordinator"], ["--program", ""]):
            self.assertEqual(DRILL_USAGE, run_drill(*mistake).returncode, mistake)


if __name__ == "__main__":
    main()
