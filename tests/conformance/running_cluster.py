"""A cluster of scripts/cluster for the tests of this folder, in a folder that goes with the test."""

import json
import pathlib
import shutil
import subprocess
import tempfile

from harness import ROOT, gregord_program, run, wait_until

# Failures are noticed sooner than by Kafka's defaults.
OVERRIDES = ("broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500")


class RunningCluster:
    """Three nodes, unless `up` is told otherwise, with these lines in their configuration."""

    def __init__(self, *arguments, overrides=()):
        self.arguments = arguments
        self.overrides = (*OVERRIDES, *overrides)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gregor-cluster-"))
        self.address = ""

    def __enter__(self):
        overrides = [argument for line in self.overrides for argument in ("--override", line)]
        text = self.command("up", "--gregord", gregord_program(), *self.arguments, *overrides)
        self.address = text.split("=", 1)[1].strip()
        return self

    def __exit__(self, kind, error, trace):
        self.command("down")
        shutil.rmtree(self.folder)

    def command(self, *arguments):
        done = subprocess.run([ROOT / "scripts" / "cluster", *map(str, arguments), "--dir", self.folder / "nodes"],
                              capture_output=True, text=True, timeout=150, check=False)
        if done.returncode != 0:
            raise AssertionError(f"cluster {arguments[0]}: {done.stderr}")
        return done.stdout

    def gregorctl(self, command, *arguments, bootstrap=None):
        """Its output."""
        return run([str(gregord_program().parent / "gregorctl"), command,
                    *(bootstrap or ("--bootstrap-server", self.address)), *map(str, arguments)], timeout_s=90)

    def metrics_addresses(self):
        description = json.loads((self.folder / "nodes" / "cluster.json").read_text())
        return [f"{node['client_host']}:{node['metrics_port']}" for node in description["nodes"]]

    def make_topic(self, name, partitions=1):
        """Three replicas of each partition, all in sync."""
        self.gregorctl("topics", "--create", "--topic", name, "--partitions", partitions, "--replication-factor", "3")
        wait_until(lambda: self.is_in_sync(name, partitions), f"{name} is in sync")

    def partitions(self, topic):
        """Of the topic, as kcat tells them; none while the broker that it asks has not heard of the topic."""
        metadata = json.loads(run(["kcat", "-b", self.address, "-L", "-J", "-t", topic]))
        return metadata["topics"][0]["partitions"]

    def partition(self, topic):
        """The first one of the topic; empty without any."""
        return next(iter(self.partitions(topic)), {})

    def is_in_sync(self, topic, partitions=1):
        """All its partitions have three replicas in sync."""
        isrs = [len(partition["isrs"]) for partition in self.partitions(topic)]
        return isrs == [3] * partitions

    def kill_leader(self, topic):
        """kill -9; returns the node."""
        node = self.partition(topic)["leader"]
        self.command("kill", node)
        return node
