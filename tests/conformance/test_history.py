"""scenarios/examples/record_history.py against a node that is killed meanwhile, judged by gregor check."""

import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from harness import ROOT, Gregord, gregord_program, main

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

EXAMPLE = ROOT / "scenarios" / "examples" / "record_history.py"


def check(path):
    gregor = gregord_program().with_name("gregor")
    done = subprocess.run([gregor, "check", path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def events(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class RecordedHistory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not gregord_program().with_name("gregor").exists():
            raise unittest.SkipTest("gregor is not built")
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.path = folder / "history.jsonl"
        cls.changed = folder / "changed.jsonl"
        with Gregord() as broker:
            recorder = subprocess.Popen([EXAMPLE, broker.address, cls.path, "--seconds", "4"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # Not before a part of the history is there.
            while recorder.poll() is None and not (cls.path.exists() and cls.path.stat().st_size > 50_000):
                time.sleep(0.02)
            broker.kill()
            broker.start()
            cls.output, _ = recorder.communicate(timeout=120)
            cls.exit_code = recorder.returncode

    def test_what_was_recorded_under_a_kill_passes(self):
        self.assertEqual(0, self.exit_code, self.output)
        code, output = check(self.path)
        self.assertEqual(0, code, output)
        self.assertGreater(sum(event.get("op") == "send" for event in events(self.path)), 500)

    def test_a_record_that_is_taken_out_of_the_last_reading_is_missed(self):
        lines = events(self.path)
        last = next(event for event in lines
                    if event.get("op") == "poll" and event["consumer"] == "last" and len(event["records"]) > 2)
        value = last["records"].pop(1)[1]
        write(self.changed, lines)
        code, output = check(self.changed)
        self.assertEqual(1, code, output)
        self.assertRegex(output, rf"lost-write \(H1\) violated at line \d+: history-\d: '{value}' was acknowledged")

    def test_a_send_that_is_said_to_have_failed_must_not_be_there(self):
        lines = events(self.path)
        send = next(event for event in lines if event.get("op") == "send" and event["result"] == "ok")
        send["result"] = "fail"
        del send["offset"]
        write(self.changed, lines)
        code, output = check(self.changed)
        self.assertEqual(1, code, output)
        self.assertIn(f"'{send['value']}' stands at offset", output)


if __name__ == "__main__":
    main()
