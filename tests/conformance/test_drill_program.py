"""scripts/drill --program: scenarios/examples/exactly_once.py while a leader is killed, and what cannot pass."""

import json
import pathlib
import sys
import tempfile
import unittest

from harness import ROOT, gregord_program, main, run_drill

sys.path.insert(0, str(ROOT / "scripts"))
from drill_history import FollowedHistory

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

EXAMPLE = ROOT / "scenarios" / "examples" / "exactly_once.py"
SHORT_LIVES = ("--life", 2)  # a worker is struck down before the drill is over
PASSED, VIOLATED, BROKEN = 0, 1, 255


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class OwnProgram(unittest.TestCase):
    def drill(self, expected, *program, faults=("kill:leader",)):
        """What it wrote, and the program's history, if there is one."""
        with tempfile.TemporaryDirectory(prefix="gregor-drill-") as folder:
            drill = pathlib.Path(folder) / "drill"
            done = run_drill("--program", " ".join(map(str, program)), "--dir", drill, "--gregord", gregord_program(),
                             *(argument for fault in faults for argument in ("--fault", fault)))
            output = done.stdout + done.stderr
            log = drill / "program.log"
            self.assertEqual(expected, done.returncode, output + (log.read_text() if log.exists() else ""))
            history = drill / "history.jsonl"
            lines = history.read_text().splitlines() if history.exists() else []
            return output, [json.loads(line) for line in lines]

    def test_a_transactional_pipeline_whose_leader_and_coordinator_are_killed_has_each_effect_once(self):
        output, events = self.drill(PASSED, EXAMPLE, *SHORT_LIVES, faults=("kill:leader", "kill:coordinator"))
        self.assertRegex(output, r"kill node \d \(leader of input-0")
        self.assertRegex(output, r"kill node \d \(.*coordinator of worker\d")
        commits = [event for event in events if event.get("op") == "commit" and event["result"] == "ok"]
        self.assertGreater(len(commits), 20)
        begun = sum(event.get("op") == "begin" for event in events)
        self.assertGreater(begun, len(commits), "no worker was struck down")
        ended = {(event["topic"], event["partition"]) for event in events if event.get("op") == "end"}
        self.assertEqual({(topic, partition) for topic in ("input", "output") for partition in range(3)}, ended)

    def test_a_careless_pipeline_has_effects_twice(self):
        output, _ = self.drill(VIOLATED, EXAMPLE, *SHORT_LIVES, "--careless")
        self.assertRegex(output, r"effect-twice \(T8\) violated at line \d+: input-\d at offset \d+ has the effects ")
        self.assertNotIn("stuck", output)

    def test_a_program_that_ends_by_itself_is_no_verdict(self):
        output, _ = self.drill(BROKEN, "sh", "-c", '"echo out of luck; exit 3"')
        self.assertIn("the program ended by itself, with 3\n    out of luck\n", output)
        self.assertNotIn("verdict", output)


class Following(unittest.TestCase):
    def setUp(self):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "history.jsonl"
        self.history = FollowedHistory(path)
        self.history.read_on()  # there is none yet
        self.file = self.enterContext(open(path, "w", encoding="utf-8", buffering=1))

    def write(self, text):
        self.file.write(text)
        self.file.flush()
        self.history.read_on()

    def send(self, partition, began, ended):
        self.write(json.dumps({"op": "send", "topic": "ä", "partition": partition, "result": "ok", "began": began,
                               "ended": ended}, ensure_ascii=False) + "\n")

    def test_a_line_counts_once_it_is_whole(self):
        self.write('{"op": "send", "topic": "ä", "partition": 0, "result": "ok", "beg')
        self.assertEqual(0, self.history.progress.succeeded)
        self.write('an": 1, "ended": 2}\n')
        self.assertEqual(1, self.history.progress.succeeded)
        self.assertEqual("ä", self.history.first_topic)

    def test_every_step_that_succeeded_must_do_so_again_and_begin_after_the_instant(self):
        self.send(0, 1, 2)
        self.send(1, 1, 2)
        self.history.watch_since_now()
        self.send(0, 1.5, 3)  # says that it is 3 now
        self.send(0, 4, 5)
        self.send(1, 2.5, 5)
        self.assertFalse(self.history.progress.has_resumed(1))
        self.send(1, 5, 6)
        self.assertTrue(self.history.progress.has_resumed(1))

    def test_a_success_without_times_is_told_by_its_line(self):
        self.send(0, 1, 2)
        with self.assertRaisesRegex(ValueError, r"history\.jsonl:2: .*began"):
            self.write('{"op": "commit", "result": "ok"}\n')


if __name__ == "__main__":
    main()
