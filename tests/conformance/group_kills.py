"""Groups on three nodes that are killed (kill -9) and started again while their members read: first the node that
coordinates them, then one that leads a partition that they read.

Each group must read every acknowledged record, and no acknowledged commit may go back.
"""

import sys
import time
import unittest

from client_processes import Member, Source, confluent_kafka, offsets_of
from harness import wait_until
from running_cluster import RunningCluster

TOPIC = "orders"
PARTITIONS = 6
RATE = 100
ENOUGH = 100  # records before each kill, while it happens, and after it
TIMEOUT_S = 60
MEMBERS = 2


class Group:
    def __init__(self, name, command):
        self.name = name
        self.members = [Member(command) for _ in range(MEMBERS)]
        self.complaints = []

    def values(self):
        return {value for member in self.members for _, value in list(member.reads)}

    def reads(self):
        return sum(sum(member.reads.values()) for member in self.members)

    def told(self):
        """By partition, the highest offset whose commit was acknowledged."""
        highest = {}
        for member in self.members:
            for (_, partition), offset in dict(member.committed).items():
                highest[partition] = max(offset, highest.get(partition, 0))
        return highest


def wait_for_groups(groups, is_true, what):
    """Whoever is late goes on, and is judged in the end."""
    try:
        wait_until(lambda: all(map(is_true, groups)), what, TIMEOUT_S)
    except AssertionError:
        for group in groups:
            if not is_true(group):
                group.complaints.append(f"still not after {TIMEOUT_S} s: {what}; read are {len(group.values())}")


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class GroupKills(unittest.TestCase):
    """Each test judges one group by what it did while all of them lost the nodes."""

    overrides = ()

    @staticmethod
    def commands_of_members(address):
        """By the group's name; SkipTest in the place of one that is not there."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster = cls.enterClassContext(RunningCluster(overrides=(
            "offsets.topic.num.partitions=1", "group.initial.rebalance.delay.ms=0", *cls.overrides)))
        cluster.make_topic(TOPIC, PARTITIONS)
        # @platformatic/kafka's members do not wait for a coordinator: to ask for one makes it.
        wait_until(cls.has_coordinator, "groups have a coordinator", TIMEOUT_S)
        cls.groups, cls.missing = {}, {}
        cls.addClassCleanup(cls.end_members)
        for name, command in cls.commands_of_members(cluster.address).items():
            if isinstance(command, unittest.SkipTest):
                cls.missing[name] = str(command)
            else:
                cls.groups[name] = Group(name, command)
        cls.source = Source(cluster.address, TOPIC, PARTITIONS, RATE)
        cls.read_on("before a kill")
        cls.lose(cluster.partition("__consumer_offsets")["leader"], "the coordinator")
        coordinator = cluster.partition("__consumer_offsets")["leader"]
        cls.lose(next(each["leader"] for each in cluster.partitions(TOPIC) if each["leader"] != coordinator), "a leader")
        cls.read_on("after all")
        cls.source.stop()
        wait_for_groups(cls.groups.values(), cls.has_committed_all, "everything is committed")
        cls.end_members()

    @classmethod
    def has_coordinator(cls):
        try:
            offsets_of(cls.cluster.address, "nobody", TOPIC, PARTITIONS)
        except confluent_kafka.KafkaException:
            return False
        return True

    @classmethod
    def end_members(cls):
        for group in cls.groups.values():
            for member in group.members:
                if member.process.poll() is None and (words := member.finish()):
                    group.complaints.append(words)

    @classmethod
    def read_on(cls, when):
        """More records are acknowledged, and all are read."""
        cls.source.send(ENOUGH)
        wait_until(cls.source.is_acknowledged, f"records are taken {when}", TIMEOUT_S)
        wait_for_groups(cls.groups.values(), lambda group: cls.source.acknowledged <= group.values(),
                        f"records are read {when}")

    @classmethod
    def lose(cls, node, who):
        """Kills the node while records are under way, and starts it again."""
        cls.source.send(ENOUGH)
        cls.cluster.command("kill", node)
        began = time.monotonic()
        cls.read_on(f"without {who}")
        seconds = time.monotonic() - began
        for group in cls.groups.values():
            told = group.told()
            committed, _ = offsets_of(cls.cluster.address, group.name, TOPIC, PARTITIONS)
            group.complaints += [f"partition {partition}: {offset} was committed, without {who} it is "
                                 f"{committed[partition]}"
                                 for partition, offset in told.items() if committed[partition] < offset]
        print(f"without node {node}, {who}: {len(cls.source.acknowledged)} records acknowledged and read after "
              f"{seconds:.1f} s", file=sys.stderr)
        cls.cluster.command("start", node)
        wait_until(lambda: (cls.cluster.is_in_sync(TOPIC, PARTITIONS)
                            and cls.cluster.is_in_sync("__consumer_offsets")), "all is in sync again", TIMEOUT_S)

    @classmethod
    def has_committed_all(cls, group):
        committed, ends = offsets_of(cls.cluster.address, group.name, TOPIC, PARTITIONS)
        return committed == ends

    def judge(self, name):
        if name in self.missing:
            self.skipTest(self.missing[name])
        group = self.groups[name]
        failures = [failure for member in group.members for failure in member.failures]
        print(f"{name}: of {len(self.source.acknowledged)} acknowledged records its members read "
              f"{[len(member.reads) for member in group.members]}, {group.reads() - len(group.values())} of them "
              f"again; replaced {len(failures)} times {failures}", file=sys.stderr)
        self.assertEqual([], group.complaints)
        self.assertEqual(set(), self.source.acknowledged - group.values(), "acknowledged and not read")
        self.assertLessEqual({int(value) for value in group.values()}, set(range(self.source.sent)))
        for member in group.members:
            self.assertNotEqual(0, len(member.reads), "a member read nothing")
        committed, ends = offsets_of(self.cluster.address, name, TOPIC, PARTITIONS)
        self.assertEqual(ends, committed)
