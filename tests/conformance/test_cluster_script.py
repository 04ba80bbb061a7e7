"""scripts/cluster: clusters come up, lose nodes, get them back and go, and mistakes are told."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import ROOT, gregord_program, main


def run_cluster(folder, *arguments):
    return subprocess.run(
        [ROOT / "scripts" / "cluster", *map(str, arguments), "--dir", folder], capture_output=True,
        text=True, timeout=150, check=False)


class ClusterScript(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gregor-cluster-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "cluster"
        self.addCleanup(self.run_command, "down")

    def run_command(self, *arguments):
        return run_cluster(self.folder, *arguments)

    def done(self, *arguments):
        result = self.run_command(*arguments)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout

    def refused(self, code, text, *arguments):
        result = self.run_command(*arguments)
        self.assertEqual(code, result.returncode, result.stdout)
        self.assertIn(text, result.stderr)

    def up(self, *arguments):
        return self.done("up", "--gregord", gregord_program(), *arguments)

    def states(self):
        result = self.run_command("status")
        states = [line.split()[-1] for line in result.stdout.splitlines()[1:]]
        self.assertEqual(0 if set(states) == {"running"} else 1, result.returncode)
        return states

    def test_three_nodes_come_up_lose_one_in_every_way_and_go(self):
        self.assertEqual(3, self.up().count("127.0.0.1:"))
        self.assertEqual(["running"] * 3, self.states())
        self.done("kill", 2)
        self.assertEqual(["running", "down", "running"], self.states())
        self.refused(1, "node 2 is not running", "kill", 2)
        self.done("start", 2)
        self.done("pause", 3)
        self.assertEqual(["running", "running", "paused"], self.states())
        self.done("resume", 3)
        self.assertEqual(["running"] * 3, self.states())
        self.done("stop", 1)
        self.assertIn("stopped", self.done("logs", 1))
        self.up()  # starts what does not run
        self.assertEqual(["running"] * 3, self.states())
        self.done("pause", 1)
        self.done("down")
        self.assertEqual(["down"] * 3, self.states())
        self.done("down")
        self.done("down", "--remove")
        self.assertFalse(self.folder.exists())
        self.done("down")

    def test_controllers_may_be_nodes_of_their_own_and_settings_reach_every_node(self):
        self.up("--brokers", 2, "--controllers", 1, "--override", "num.partitions=7")
        nodes = json.loads((self.folder / "cluster.json").read_text())["nodes"]
        self.assertEqual([["broker"], ["broker"], ["controller"]], [node["roles"] for node in nodes])
        for node in nodes:
            text = (self.folder / f"node-{node['id']}" / "server.properties").read_text()
            self.assertIn("\nnum.partitions=7\n", text)
        self.assertEqual(["running"] * 3, self.states())

    def test_mistakes_are_told(self):
        self.refused(1, "has no cluster", "status")
        self.refused(254, "is not key=value", "up", "--override", "nonsense")
        self.refused(254, "0 is less than 1", "up", "--brokers", 0)
        self.refused(1, "is not a program", "up", "--gregord", self.folder / "none")
        self.refused(1, "num.partitions", "up", "--gregord", gregord_program(), "--brokers", 1,
                     "--override", "num.partitions=many")
        self.up("--brokers", 1)
        self.refused(1, "there is no node 9, only 1", "kill", 9)
        self.refused(1, "has a cluster with 1 brokers, not 3", "up", "--brokers", 3)
        self.refused(1, "edit its server.properties", "up", "--override", "num.partitions=2")
        self.refused(1, "was made without --networks", "cut", 1)
        self.refused(1, "was made without --networks", "up", "--networks")

    def test_nodes_with_networks_of_their_own_are_refused_where_there_can_be_none(self):
        self.refused(1, "inside scripts/networks only", "up", "--networks", "--gregord", gregord_program())


if __name__ == "__main__":
    main()
