"""Our clients in a program with threads of its own, against a real node that is killed meanwhile."""

import subprocess
import unittest

from harness import Gregord, consume_with_kcat, gregord_program, main, run_kcat, wait_until

THREADS = 4
RECORDS = 20_000


class Threads(unittest.TestCase):
    def test_each_record_is_delivered_once_in_order_though_the_node_is_killed(self):
        with Gregord({"num.partitions": THREADS, "group.initial.rebalance.delay.ms": 0}) as broker:
            run_kcat(broker, "-L", "-t", "load")  # makes it
            load = subprocess.Popen(
                [gregord_program().with_name("threaded_load"), broker.address, "load", str(THREADS), str(RECORDS)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            wait_until(lambda: "offset 0" not in run_kcat(broker, "-Q", "-t", "load:0:-1"),
                       "the first records are there")
            broker.kill()
            broker.start()
            out, err = load.communicate(timeout=120)
            self.assertEqual((load.returncode, err), (0, ""))
            self.assertEqual(out, f"{THREADS * RECORDS} records\n")
            self.assertEqual(len(consume_with_kcat(broker, "load")), THREADS * RECORDS)


if __name__ == "__main__":
    main()
