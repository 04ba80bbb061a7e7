"""gregorctl reassign against a cluster of three: the files, flags and output of Kafka's tool, and throttles
that are set and cleared. The rest of what gregorctl topics shows of replicas is here, too.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import ROOT, Gregord, consume_with_kcat, gregord_program, main, wait_until

DONE, FAILED, USAGE = 0, 1, 254
RATES = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")
REPLICAS = ("leader.replication.throttled.replicas", "follower.replication.throttled.replicas")


def cluster(folder, *arguments):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "cluster", *map(str, arguments), "--dir", folder],
        capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def entry(topic, partition, replicas):
    return {"topic": topic, "partition": partition, "replicas": replicas,
            "log_dirs": ["any"] * len(replicas)}


def compact(document):
    return json.dumps(document, separators=(",", ":"))


class Reassign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = pathlib.Path(os.environ.get("GREGORCTL", gregord_program().parent / "gregorctl"))
        folder = tempfile.TemporaryDirectory(prefix="gregor-reassign-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.addClassCleanup(lambda: cluster(cls.folder / "cluster", "down"))
        cls.servers = cluster(cls.folder / "cluster", "up", "--gregord",
                              gregord_program()).strip().split("=", 1)[1]

    def run_it(self, command, *arguments, stdin=""):
        return subprocess.run(
            [self.program, command, "--bootstrap-server", self.servers, *map(str, arguments)],
            input=stdin, capture_output=True, text=True, timeout=60, check=False)

    def done(self, *arguments, **more):
        result = self.run_it(*arguments, **more)
        self.assertEqual(DONE, result.returncode, result.stdout + result.stderr)
        return result.stdout

    def refused(self, code, text, *arguments):
        result = self.run_it(*arguments)
        self.assertEqual(code, result.returncode, result.stdout + result.stderr)
        self.assertIn(text, result.stderr)

    def file(self, document):
        """A file with this text, or this document as JSON."""
        text = document if isinstance(document, str) else json.dumps(document)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def reassignment(self, *entries):
        return self.file({"version": 1, "partitions": list(entries)})

    def make(self, topic, assignment):
        self.done("topics", "--create", "--topic", topic, "--replica-assignment", assignment)
        wait_until(lambda: self.replicas(topic) is not None, f"{topic} is known")

    def describe(self, topic):
        return self.done("topics", "--describe", "--topic", topic, "--if-exists")

    def replicas(self, topic, partition=0):
        for line in self.describe(topic).splitlines():
            if f"\tPartition: {partition}\t" in line:
                return line.split("Replicas: ")[1].split("\t")[0]
        return None

    def throttles(self, entity, name):
        text = self.done("configs", "--entity-type", entity, "--entity-name", name, "--describe")
        return {key: line.split(f"{key}=")[1].split(" ")[0] for line in text.splitlines()
                for key in RATES + REPLICAS if line.startswith(f"  {key}=")}

    def test_partitions_are_moved_and_the_move_is_verified(self):
        self.make("moved", "1:2,2:3")
        plan = self.reassignment(entry("moved", 0, [3, 2]), entry("moved", 1, [1, 2]))
        before = compact({"version": 1, "partitions": [entry("moved", 0, [1, 2]),
                                                       entry("moved", 1, [2, 3])]})
        self.assertEqual(
            f"Current partition replica assignment\n\n{before}\n\n"
            "Save this to use as the --reassignment-json-file option during rollback\n"
            "Successfully started partition reassignments for moved-0,moved-1\n",
            self.done("reassign", "--execute", "--reassignment-json-file", plan))
        head = "Status of partition reassignment:\n"
        completed = (head + "Reassignment of partition moved-0 is completed.\n"
                            "Reassignment of partition moved-1 is completed.\n\n")
        verify = ["reassign", "--verify", "--reassignment-json-file", plan]
        wait_until(lambda: self.done(*verify, "--preserve-throttles") == completed, "it is done")
        self.assertEqual(completed + "Clearing broker-level throttles on brokers 1,2,3\n"
                                     "Clearing topic-level throttles on topic moved\n",
                         self.done(*verify))
        self.assertEqual("No partition reassignments found.\n", self.done("reassign", "--list"))
        wait_until(lambda: self.replicas("moved") == "3,2", "everybody knows")
        other = self.reassignment(entry("moved", 0, [2, 1]))
        self.assertIn("There is no active reassignment of partition moved-0, but replica set is 3,2 "
                      "rather than 2,1.\n",
                      self.done("reassign", "--verify", "--reassignment-json-file", other))

    def test_a_throttled_move_is_listed_and_cancelled(self):
        self.make("slow", "1:2")
        value = "x" * 20_000
        self.done("produce", "--topic", "slow", stdin=f"{value}\n" * 100)
        plan = self.reassignment(entry("slow", 0, [1, 3]))
        execute = ["reassign", "--execute", "--reassignment-json-file", plan, "--throttle"]
        text = self.done(*execute, 1000)
        self.assertIn("Warning: You must run --verify periodically, until the reassignment completes, "
                      "to ensure the throttle is removed.\n"
                      "The inter-broker throttle limit was set to 1000 B/s\n"
                      "Successfully started partition reassignment for slow-0\n", text)
        self.assertEqual("Current partition reassignments:\n"
                         "slow-0: replicas: 1,3,2. adding: 3. removing: 2.\n",
                         self.done("reassign", "--list"))
        wait_until(lambda: self.throttles("topics", "slow") == dict(zip(REPLICAS, ("0:1,0:2", "0:3"))),
                   "the topic names its throttled replicas")
        for broker in (1, 2, 3):
            wait_until(lambda: self.throttles("brokers", broker) == dict.fromkeys(RATES, "1000"),
                       f"broker {broker} has a rate")
        self.assertIn("Reassignment of partition slow-0 is still in progress.\n", self.done(
            "reassign", "--verify", "--reassignment-json-file", plan))
        wait_until(lambda: "Replicas: 1,3,2\tIsr: 1,2\tAdding Replicas: 3\tRemoving Replicas: 2\t"
                   in self.describe("slow"), "it is described")
        self.assertIn("ReplicationFactor: 2\t", self.describe("slow"))
        self.refused(FAILED, "Use --additional to override this", *execute, 2000)
        self.assertIn("limit was set to 2000 B/s\n", self.done(*execute, 2000, "--additional"))
        cancel = ["reassign", "--cancel", "--reassignment-json-file", plan]
        self.assertEqual("Successfully cancelled partition reassignment for: slow-0\n"
                         "None of the specified partition moves are active.\n"
                         "Clearing broker-level throttles on brokers 1,2,3\n"
                         "Clearing topic-level throttles on topic slow\n", self.done(*cancel))
        self.assertEqual("None of the specified partition reassignments are active.\n"
                         "None of the specified partition moves are active.\n",
                         self.done(*cancel, "--preserve-throttles"))
        wait_until(lambda: self.replicas("slow") == "1,2", "it is back")
        wait_until(lambda: not self.throttles("topics", "slow"), "the topic has no throttle")
        for broker in (1, 2, 3):
            wait_until(lambda: not self.throttles("brokers", broker), f"broker {broker} has none")

    def test_an_assignment_is_proposed_and_can_be_executed(self):
        self.make("proposed", "1:2,1:2,1:2")
        topics = self.file({"version": 1, "topics": [{"topic": "proposed"}]})
        text = self.done("reassign", "--generate", "--topics-to-move-json-file", topics,
                         "--broker-list", "2,3")
        head, current, empty, middle, proposed = text.splitlines()
        self.assertEqual(["Current partition replica assignment", "",
                          "Proposed partition reassignment configuration"], [head, empty, middle])
        self.assertEqual([entry("proposed", i, [1, 2]) for i in range(3)],
                         json.loads(current)["partitions"])
        leaders = []
        for i, each in enumerate(json.loads(proposed)["partitions"]):
            self.assertEqual(("proposed", i, ["any"] * 2),
                             (each["topic"], each["partition"], each["log_dirs"]))
            self.assertEqual([2, 3], sorted(each["replicas"]))
            leaders.append(each["replicas"][0])
        self.assertNotEqual(leaders[0], leaders[1])
        self.assertEqual(compact(json.loads(proposed)), proposed)
        self.assertIn("Successfully started", self.done(
            "reassign", "--execute", "--reassignment-json-file", self.file(proposed)))
        wait_until(lambda: "No partition" in self.done("reassign", "--list"), "it is done")

    def test_mistakes_are_told(self):
        self.make("wrong", "1:2")
        plan = self.reassignment(entry("wrong", 0, [1, 3]))
        execute = ["reassign", "--execute", "--reassignment-json-file"]
        self.refused(USAGE, "Command must include exactly one action: --generate, --execute, --verify, "
                            "--cancel, --list", "reassign")
        self.refused(USAGE, "exactly one action", "reassign", "--list", "--verify")
        self.refused(USAGE, 'Missing required argument "[reassignment-json-file]"',
                     "reassign", "--execute")
        self.refused(USAGE, 'Missing required argument "[broker-list]"',
                     "reassign", "--generate", "--topics-to-move-json-file", plan)
        self.refused(USAGE, 'Option "[throttle]" can\'t be used with action "[verify]"',
                     "reassign", "--verify", "--reassignment-json-file", plan, "--throttle", 5)
        self.refused(USAGE, "moves between log directories have no throttle",
                     *execute, plan, "--replica-alter-log-dirs-throttle", 5)
        self.refused(FAILED, "not_found", *execute, self.folder / "none.json")
        for text, document in [
                ("The input string is not a valid JSON", "{"),
                ("Not supported version field value 2", {"version": 2, "partitions": []}),
                ("Partition reassignment list cannot be empty", {"version": 1}),
                ("Unknown broker id 9", {"partitions": [entry("wrong", 0, [1, 9])]}),
                ("contains multiple entries for 1", {"partitions": [entry("wrong", 0, [1, 1])]}),
                ("duplicate topic partitions: wrong-0", {"partitions": [entry("wrong", 0, [1])] * 2}),
                ("Unable to find a partition 7", {"partitions": [entry("wrong", 7, [1])]}),
                ("UNKNOWN_TOPIC_OR_PARTITION", {"partitions": [entry("nowhere", 0, [1])]}),
                ("different from size of log dirs list",
                 {"partitions": [{**entry("wrong", 0, [1]), "log_dirs": []}]}),
                ("7 is no log directory, in wrong-0", {"partitions": [{**entry("wrong", 0, [1]), "log_dirs": [7]}]}),
                ("Failed to alter dir for wrong-0-1: LOG_DIR_NOT_FOUND",
                 {"partitions": [{**entry("wrong", 0, [1, 2]), "log_dirs": ["/data", "any"]}]})]:
            self.refused(FAILED, text, *execute, self.file(document))
        topics = self.file({"topics": [{"topic": "wrong"}]})
        generate = ["reassign", "--generate", "--topics-to-move-json-file", topics, "--broker-list"]
        self.refused(FAILED, "Replication factor: 2 larger than available brokers: 1.", *generate, "3")
        self.refused(FAILED, "Broker list contains duplicate entries: 3", *generate, "3,3")
        self.refused(FAILED, "Unknown broker id 7", *generate, "1,7")

    def test_partitions_are_described_by_how_many_replicas_are_in_sync(self):
        self.done("topics", "--create", "--topic", "guarded", "--replica-assignment", "1:2",
                  "--config", "min.insync.replicas=2")
        self.done("topics", "--create", "--topic", "plain", "--replica-assignment", "1:2,2:3",
                  "--config", "min.insync.replicas=1")
        wait_until(lambda: self.replicas("plain", 1) == "2,3", "both are known")
        wait_until(lambda: self.replicas("guarded") == "1,2", "both are known")
        line = r"^\tTopic: guarded\tPartition: 0\t.*\n$"
        at_min = ["topics", "--describe", "--topic", "guarded|plain", "--at-min-isr-partitions"]
        self.assertRegex(self.done(*at_min), line)
        for flag in ("--under-min-isr-partitions", "--under-replicated-partitions",
                     "--unavailable-partitions"):
            self.assertEqual("", self.done("topics", "--describe", "--topic", "guarded", flag))
        self.done("configs", "--entity-type", "topics", "--entity-name", "guarded", "--alter",
                  "--add-config", "min.insync.replicas=3")
        wait_until(lambda: "guarded" in self.done("topics", "--describe", "--topic", "guarded",
                                                  "--under-min-isr-partitions"), "it is below")
        head = self.describe("guarded").splitlines()[0]
        topic_id = head.split("TopicId: ")[1].split("\t")[0]
        self.assertEqual(self.describe("guarded"),
                         self.done("topics", "--describe", "--topic-id", topic_id))
        self.assertIn(head + "\n", self.done("topics", "--describe", "--topics-with-overrides"))
        self.assertEqual({"guarded", "plain"},
                         set(self.done("topics", "--list", "--topic", "(guar|pl).*").splitlines()))
        self.refused(USAGE, "Only one of", "topics", "--describe", "--topic-id", topic_id, "--topic", "a")
        self.refused(USAGE, "Only one of", *at_min, "--unavailable-partitions")
        self.refused(USAGE, "go with --describe", "topics", "--list", "--unavailable-partitions")
        self.refused(FAILED, "is not a regular expression", "topics", "--list", "--topic", "(")


class BetweenLogDirectories(unittest.TestCase):
    """Of one broker, which has two."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gregor-directories-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.directories = [str(self.folder / "left"), str(self.folder / "right")]
        self.broker = self.enterContext(Gregord({"log.dirs": ",".join(self.directories)}))

    def gregorctl(self, *arguments, stdin=""):
        program = os.environ.get("GREGORCTL", gregord_program().parent / "gregorctl")
        done = subprocess.run([program, arguments[0], "--bootstrap-server", self.broker.address,
                               *map(str, arguments[1:])], input=stdin, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(DONE, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def directories_of(self, partition):
        described = json.loads(self.gregorctl("log-dirs", "--describe").splitlines()[-1])
        return [each["logDir"] for each in described["brokers"][0]["logDirs"]
                for found in each["partitions"] if found["partition"] == partition]

    def reassign(self, action, directory):
        plan = self.folder / "plan.json"
        plan.write_text(compact({"partitions": [{**entry("moved", 0, [1]), "log_dirs": [directory]}]}))
        return self.gregorctl("reassign", action, "--reassignment-json-file", plan)

    def test_a_replica_moves_with_all_that_it_holds(self):
        self.gregorctl("topics", "--create", "--topic", "moved", "--partitions", 1, "--replication-factor", 1)
        values = [f"{i} {'x' * 1000}" for i in range(3000)]
        self.gregorctl("produce", "--topic", "moved", stdin="\n".join(values[:2000]) + "\n")
        here, = self.directories_of("moved-0")
        there, = set(self.directories) - {here}
        self.assertIn(f"Partition moved-0 on broker 1 is not being moved from log dir {here} to {there}.\n",
                      self.reassign("--verify", there))
        self.assertIn("Successfully started log directory move for: moved-0-1\n", self.reassign("--execute", there))
        wait_until(lambda: "Reassignment of replica moved-0-1 completed successfully.\n"
                   in self.reassign("--verify", there), "it has moved")
        self.assertEqual([there], self.directories_of("moved-0"))
        self.assertIn("None of the specified partition moves are active.\n", self.reassign("--cancel", there))
        self.gregorctl("produce", "--topic", "moved", stdin="\n".join(values[2000:]) + "\n")
        self.broker.kill()
        self.broker.start()
        self.assertEqual([there], self.directories_of("moved-0"))
        self.assertEqual(values, [record["payload"] for record in consume_with_kcat(self.broker, "moved")])


if __name__ == "__main__":
    main()
