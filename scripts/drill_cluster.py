"""The cluster of a drill, made by scripts/cluster: what is done to its nodes, and what they say of themselves."""

import json
import pathlib
import subprocess
import time
import urllib.request

try:
    import confluent_kafka
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None

SCRIPTS = pathlib.Path(__file__).resolve().parent
NODES = 3
STEP_TIMEOUT_S = 60
POLL_S = 0.05
# Failures are noticed sooner than by Kafka's defaults; what is promised is the same.
SESSION_TIMEOUT_MS = 3000
OVERRIDES = (f"broker.session.timeout.ms={SESSION_TIMEOUT_MS}", "broker.heartbeat.interval.ms=500")


class Stuck(RuntimeError):
    """A step that had to happen did not."""


def metrics_of(address):
    """The node's series, by their names and labels."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=2) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {series: float(value) for series, value in pairs}


def wait_until(is_true, what):
    deadline = time.monotonic() + STEP_TIMEOUT_S
    while not is_true():
        if time.monotonic() > deadline:
            raise Stuck(f"stuck: not after {STEP_TIMEOUT_S} s: {what}")
        time.sleep(POLL_S)


def leader_of(partition):
    return -1 if partition is None else partition.leader


def coordinating_partition(name, partitions):
    """The partition that a group or a transactional id belongs to, by Java's String.hashCode."""
    text = name.encode("utf-16-be")
    value = 0
    for at in range(0, len(text), 2):
        value = (31 * value + int.from_bytes(text[at:at + 2], "big")) & 0xFFFFFFFF
    return abs(value - (value >> 31 << 32)) % partitions


class Cluster:
    """Three nodes, and the time since they were wanted."""

    def __init__(self, folder, gregord, networks):
        self._folder = folder
        self._began = time.monotonic()
        arguments = ["--gregord", gregord] if gregord else []
        if networks:
            arguments.append("--networks")
        for line in OVERRIDES:
            arguments += ["--override", line]
        text = self.do("up", "--brokers", NODES, *arguments)
        self.servers = text.split("=", 1)[1].strip()
        self.admin = confluent_kafka.admin.AdminClient(self.client_settings())
        description = json.loads((self._folder / "cluster.json").read_text())
        self.gregor = pathlib.Path(description["program"]).parent / "gregor"
        self._metrics_addresses = [f"{node['client_host']}:{node['metrics_port']}" for node in description["nodes"]]

    def now(self):
        return round(time.monotonic() - self._began, 6)

    def do(self, *arguments):
        """A command of scripts/cluster; what it prints."""
        done = subprocess.run(
            [SCRIPTS / "cluster", *map(str, arguments), "--dir", self._folder], text=True,
            capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"cluster {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def client_settings(self, **more):
        return {"bootstrap.servers": self.servers, "socket.timeout.ms": 6000, "log_level": 0,
                "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 500,
                "topic.metadata.refresh.interval.ms": 2000, **more}

    def partitions(self):
        """By topic, what the broker that is asked knows of them; the cluster's own topics are among them."""
        try:
            topics = self.admin.list_topics(timeout=5).topics
        except confluent_kafka.KafkaException:
            return {}
        return {name: topic.partitions for name, topic in topics.items()}

    def is_in_sync(self):
        """By the metrics of all nodes: what one node says of the others may be old, if it was cut off."""
        wanted = [len(partition.replicas) for topic in self.partitions().values() for partition in topic.values()]
        try:
            nodes = [metrics_of(address) for address in self._metrics_addresses]
        except OSError:
            return False
        leaders, replicas, under_replicated = (
            sum(node.get(f"kafka_server_replicamanager_{name}", 0) for node in nodes)
            for name in ("leadercount", "partitioncount", "underreplicatedpartitions"))
        images = {node.get("kafka_server_brokermetadatametrics_last_applied_record_offset") for node in nodes}
        return leaders == len(wanted) and replicas == sum(wanted) and under_replicated == 0 and len(images) == 1

    def controller(self):
        """By the quorum-state files: the leader of the newest epoch."""
        newest = (-1, -1)
        for path in self._folder.glob("node-*/data/__cluster_metadata-0/quorum-state"):
            try:
                state = json.loads(path.read_text())
            except (OSError, ValueError):
                continue  # just being replaced
            if state["leaderId"] >= 0:
                newest = max(newest, (state["leaderEpoch"], state["leaderId"]))
        return newest[1]

    def leader(self, topic):
        """Of its partition 0; -1 if there is none, or nobody knows."""
        return leader_of(self.partitions().get(topic, {}).get(0))

    def coordinator(self, topic, name):
        """Of a group or a transactional id, by the topic of the coordinators' state; -1 as above."""
        partitions = self.partitions().get(topic, {})
        return leader_of(partitions.get(coordinating_partition(name, len(partitions) or 1)))
