"""GET /metrics: Prometheus scrapes three nodes and answers queries about them; promtool finds nothing odd."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import main, run, wait_until
from running_cluster import RunningCluster

CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: gregor
    static_configs:
      - targets: {targets}
"""
# What holds of three nodes with one topic of one partition, whose five records kcat has sent.
QUERIES = {
    "sum(up)": 3,
    "sum(kafka_controller_kafkacontroller_activecontrollercount)": 1,
    "max(kafka_controller_kafkacontroller_activebrokercount)": 3,
    "max(kafka_controller_kafkacontroller_offlinepartitionscount)": 0,
    "sum(kafka_server_replicamanager_underreplicatedpartitions)": 0,
    "sum(kafka_server_replicamanager_leadercount)": 1,
    'sum(kafka_server_brokertopicmetrics_messagesin_total{topic="orders"})': 5,
    'sum(kafka_server_brokertopicmetrics_messagesin_total{topic=""})': 5,
    'sum(kafka_cluster_partition_insyncreplicascount{topic="orders",partition="0"})': 3,
    'sum(kafka_log_log_logendoffset{topic="orders"})': 15,
    "count(count by (__name__) (kafka_server_raftmetrics_current_epoch))": 1,
    'sum(kafka_server_raftmetrics_current_state{current_state="leader"})': 1,
    'histogram_quantile(0.99, sum by (le) (kafka_network_requestmetrics_totaltimems_bucket{request="Produce"})) '
    '<bool 30000': 1,
}
UNDER_REPLICATED = "sum(kafka_server_replicamanager_underreplicatedpartitions)"


def page_of(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


class Prometheus:
    """One that scrapes these addresses, on a port of its own choice."""

    def __init__(self, addresses):
        if shutil.which("prometheus") is None:
            raise unittest.SkipTest("prometheus is not installed")
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="gregor-prometheus-"))
        config = self._folder / "prometheus.yml"
        config.write_text(CONFIG.format(targets=json.dumps(addresses)))
        self._log_path = self._folder / "log"
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self._folder / 'data'}",
                 "--web.listen-address=127.0.0.1:0"], stdout=log, stderr=log)

    def __enter__(self):
        wait_until(self._address, "Prometheus listens")
        return self

    def __exit__(self, kind, error, trace):
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder)

    def query(self, expression):
        """The one value; nothing while there is none."""
        arguments = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://{self._address()}/api/v1/query?{arguments}", timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
        except (urllib.error.URLError, ConnectionError):
            return None  # it listens before it is ready
        return float(found[0]["value"][1]) if found else None

    def _address(self):
        found = re.search(r"Listening on.*?address=(\S+)", self._log_path.read_text())
        return found and found.group(1)


class Metrics(unittest.TestCase):
    def test_prometheus_sees_a_cluster_as_it_is_and_a_node_that_dies(self):
        with RunningCluster() as cluster:
            cluster.make_topic("orders")
            run(["kcat", "-b", cluster.address, "-P", "-t", "orders", "-X", "acks=all"], stdin="1\n2\n3\n4\n5\n")
            with Prometheus(cluster.metrics_addresses()) as prometheus:
                for query, expected in QUERIES.items():
                    wait_until(lambda q=query, e=expected: prometheus.query(q) == e, f"{query} == {expected}", 30)
                killed = cluster.kill_leader("orders")
                wait_until(lambda: prometheus.query(UNDER_REPLICATED) == 1, f"{UNDER_REPLICATED} == 1", 30)
                wait_until(lambda: prometheus.query("sum(up)") == 2, "sum(up) == 2", 30)
                cluster.command("start", killed)
                wait_until(lambda: prometheus.query(UNDER_REPLICATED) == 0, f"{UNDER_REPLICATED} == 0", 30)

    def test_promtool_finds_nothing_odd_on_a_page(self):
        if shutil.which("promtool") is None:
            raise unittest.SkipTest("prometheus is not installed")
        with RunningCluster() as cluster:
            cluster.make_topic("orders")
            for address in cluster.metrics_addresses():
                done = subprocess.run(["promtool", "check", "metrics"], input=page_of(address), text=True,
                                      capture_output=True, timeout=20, check=False)
                self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))


if __name__ == "__main__":
    main()
