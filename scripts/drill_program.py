"""A program of the user's as the load of a drill: it writes its history, the drill follows the file.

It is told where by BOOTSTRAP_SERVERS and HISTORY. SIGTERM asks it to finish.
"""

import os
import signal
import subprocess

from drill_cluster import STEP_TIMEOUT_S, Stuck, wait_until
from drill_history import FollowedHistory

SUCCEEDED_BEFORE = 300
FINISH_TIMEOUT_S = 2 * STEP_TIMEOUT_S
OUTPUT_TAIL_LINES = 15


class Program:
    def __init__(self, cluster, folder, arguments):
        self.history_path = folder / "history.jsonl"
        self._cluster = cluster
        self._command = arguments.program
        self._topic = arguments.topic
        self._history = FollowedHistory(self.history_path)
        self.progress = self._history.progress
        self._output_path = folder / "program.log"
        self._process = None

    @property
    def topic(self):
        """Whose partition 0 has the leader that is meant."""
        return self._topic or self._history.first_topic

    @property
    def coordinated(self):
        """The topic whose leaders coordinate it, and its name: a transactional id, else a group, else None."""
        if self._history.first_transactional_id:
            return "__transaction_state", self._history.first_transactional_id
        return self._history.first_group and ("__consumer_offsets", self._history.first_group)

    def begin(self):
        environment = {**os.environ, "BOOTSTRAP_SERVERS": self._cluster.servers, "HISTORY": str(self.history_path)}
        with open(self._output_path, "wb") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
                start_new_session=True)
        try:
            wait_until(lambda: self._read_on() and self.progress.succeeded >= SUCCEEDED_BEFORE,
                       f'{SUCCEEDED_BEFORE} steps of the program have "result": "ok"')
        except Stuck:
            if self._history.lines > 0:
                raise
            raise RuntimeError(f"the program wrote no history to {self.history_path}\n{self._output_tail()}") from None
        wait_until(self._cluster.is_in_sync, "the program's topics are in sync")

    def lost(self, how, node, why):
        """No note is made of it: the file is the program's."""
        self._history.watch_since_now()

    def has_resumed(self):
        """Each step of the program that ever succeeded does again, without that node."""
        return self._read_on() and self.progress.has_resumed(1)

    def failover_s(self):
        """Unknown: the program's clock is its own."""
        return None

    def healed(self, how, node):
        """No note of this, either."""

    def finish(self, violations):
        """It stops sending, drains, reads to the ends and exits. What is stuck is added to the violations."""
        self._read_on()
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(FINISH_TIMEOUT_S)
            if code != 0:
                violations.append(f"stuck: asked to finish, the program ended with {code}\n{self._output_tail()}")
        except subprocess.TimeoutExpired:
            violations.append(f"stuck: the program has not finished {FINISH_TIMEOUT_S} s after SIGTERM")
        self._history.read_on()

    def end(self):
        """Whatever it started in its session goes with it."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def _read_on(self):
        """True; or the program's early end is the drill's."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the program ended by itself, with {self._process.returncode}\n{self._output_tail()}")
        self._history.read_on()
        return True

    def _output_tail(self):
        lines = self._output_path.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-OUTPUT_TAIL_LINES:]) or "    (it wrote nothing)"
