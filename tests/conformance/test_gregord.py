"""The program itself: its exit codes, its output, its data directory."""

import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import unittest

from harness import (
    Gregord, StartFailed, consume_with_kcat, gregord_program, main, run_kcat, wait_until)


def run_gregord(*arguments):
    return subprocess.run([str(gregord_program()), *arguments], capture_output=True, text=True,
                          timeout=20, check=False)


CONFIG = """
process.roles=broker,controller
node.id=7
listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0
controller.listener.names=CONTROLLER
controller.quorum.voters=7@127.0.0.1:9093
log.dirs={data}
"""


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gregord-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.config = self.folder / "server.properties"
        self.config.write_text(CONFIG.format(data=self.data))

    def test_a_command_line_that_makes_no_sense_is_usage(self):
        self.assertEqual(254, run_gregord("--no-such-option").returncode)
        self.assertEqual(254, run_gregord("--config", "/no/such/file").returncode)
        self.assertEqual(0, run_gregord("--help").returncode)

    def test_an_unknown_key_is_refused_with_the_one_that_was_meant(self):
        done = run_gregord("--config", str(self.config), "--override", "num.partition=3")
        self.assertEqual(254, done.returncode)
        self.assertIn("did you mean 'num.partitions'?", done.stderr)

    def test_without_dev_an_unformatted_directory_is_refused(self):
        done = run_gregord("--config", str(self.config))
        self.assertEqual(1, done.returncode)
        self.assertIn("not formatted", done.stderr)

    def test_format_writes_the_cluster_id_once(self):
        arguments = ["format", "--config", str(self.config), "--cluster-id", "vgxMUSjrReCETF8IfTgyGw"]
        self.assertEqual(0, run_gregord(*arguments).returncode)
        text = (self.data / "meta.properties").read_text()
        self.assertIn("cluster.id=vgxMUSjrReCETF8IfTgyGw\n", text)
        self.assertIn("node.id=7\n", text)
        self.assertTrue((self.data / "bootstrap.checkpoint").exists())
        again = run_gregord(*arguments)
        self.assertEqual(1, again.returncode)
        self.assertIn("formatted already", again.stderr)
        self.assertEqual(0, run_gregord(*arguments, "--ignore-formatted").returncode)

    def test_a_log_directory_that_is_new_is_taken_up(self):
        self.assertEqual(0, run_gregord("format", "--config", str(self.config)).returncode)
        new = self.folder / "new"
        node = subprocess.Popen([str(gregord_program()), "--config", str(self.config), "--override",
                                 f"log.dirs={self.data},{new}"], stderr=subprocess.DEVNULL)
        try:
            wait_until((new / "meta.properties").exists, "the new directory is formatted")
        finally:
            node.kill()
            node.wait()
        self.assertIn("node.id=7\n", (new / "meta.properties").read_text())

    def test_a_lost_directory_of_the_metadata_log_is_no_new_one(self):
        self.assertEqual(0, run_gregord("format", "--config", str(self.config)).returncode)
        lost = self.folder / "lost"
        done = run_gregord("--config", str(self.config), "--override", f"log.dirs={lost},{self.data}")
        self.assertEqual(1, done.returncode)
        self.assertIn(f"{lost} is not formatted, and other log directories are", done.stderr)
        self.assertFalse(lost.exists())

    def test_a_data_directory_in_use_is_refused(self):
        with Gregord() as first:
            second = Gregord()
            second.data = first.data
            with self.assertRaises(StartFailed) as refused:
                with second:
                    pass
            self.assertIn("in use by another process", str(refused.exception))

    def test_an_orderly_stop_says_so_on_the_disk(self):
        with Gregord() as broker:
            self.assertEqual(0, broker.stop())
            self.assertTrue((broker.data / ".kafka_cleanshutdown").exists())
            broker.start()
            self.assertFalse((broker.data / ".kafka_cleanshutdown").exists())

    def test_as_many_files_are_open_as_the_system_allows(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with Gregord() as broker:
            limits = resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE)
            self.assertEqual((hard, hard), limits)

    def test_without_file_descriptors_it_waits_for_some_and_serves_on(self):
        with Gregord() as broker:
            resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (100, 100))
            connections = [socket.create_connection(("127.0.0.1", broker.port), 10)
                           for _ in range(150)]
            wait_until(lambda: len(os.listdir(f"/proc/{broker.process.pid}/fd")) == 100,
                       "all descriptors are taken")
            for connection in connections:
                connection.close()
            run_kcat(broker, "-P", "-t", "later", stdin="a\n")
            self.assertEqual(["a"], [r["payload"] for r in consume_with_kcat(broker, "later")])

    def test_metrics_are_served_on_a_port_that_is_told_and_only_to_get(self):
        with Gregord({"metrics.listener": "http://127.0.0.1:0"}) as broker:
            host, port = broker.metrics_address.split(":")
            for request, status in ((b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK"),
                                    (b"GET / HTTP/1.0\r\n\r\n", b"404 Not Found"),
                                    (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"405 Method Not Allowed"),
                                    (b"\x16\x03\x01\r\n\r\n", b"400 Bad Request")):
                with self.subTest(request=request), socket.create_connection((host, int(port)), 10) as connection:
                    connection.sendall(request)
                    answer = b"".join(iter(lambda: connection.recv(65536), b""))
                    self.assertTrue(answer.startswith(b"HTTP/1.1 " + status + b"\r\n"), answer[:100])
        with Gregord({"metrics.listener": f"http://{host}:{port}"}) as broker:
            self.assertEqual(f"{host}:{port}", broker.metrics_address)

    def test_the_environment_gives_settings(self):
        done = subprocess.run(
            [str(gregord_program()), "--config", str(self.config)], capture_output=True, text=True,
            timeout=20, check=False, env={**os.environ, "KAFKA_NUM_PARTITIONS": "many"})
        self.assertEqual(254, done.returncode)
        self.assertIn("num.partitions = 'many' is not a number", done.stderr)


if __name__ == "__main__":
    main()
