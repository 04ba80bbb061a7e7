"""A project outside the tree finds the installed package, builds its pipeline against the clients, has
it tested under faults, and runs the same code against a real broker: scenarios/examples/billing.
"""

import collections
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import ROOT, Gregord, gregord_program, main, run, run_kcat

EXAMPLE = ROOT / "scenarios" / "examples" / "billing"
ORDERS = 400


class InstalledPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="billing-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        build_of_gregor = gregord_program().parents[1]
        installed = cls.folder / "installed"
        run(["cmake", "--install", build_of_gregor, "--prefix", installed])
        # A copy: nothing of it can lean on the tree around it.
        source = shutil.copytree(EXAMPLE, cls.folder / "source")
        cls.build = cls.folder / "build"
        launcher = shutil.which("ccache")
        run(["cmake", "-S", source, "-B", cls.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             "-DCMAKE_CXX_COMPILER=g++-12", f"-DCMAKE_PREFIX_PATH={installed}",
             *([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else [])])
        run(["cmake", "--build", cls.build, "-j", "2"], timeout_s=250)

    def test_its_own_test_passes_and_finds_the_careless_program_out(self):
        self.assertIn("100% tests passed", run(["ctest", "--test-dir", self.build], timeout_s=200))

    def test_a_failing_seed_is_replayed_by_the_line_that_was_printed(self):
        program = self.build / "billing_test"
        failed = subprocess.run(
            [program, "run", "careless-billing", "--seeds", "30", "--quiet", "--stop-at-failure"],
            capture_output=True, text=True, check=False)
        self.assertEqual(failed.returncode, 1, failed.stdout)
        replay = next(line.split()[1:] for line in failed.stdout.splitlines()
                      if line.strip().startswith("replay: "))
        violation = next(line for line in failed.stdout.splitlines() if "T8 violated" in line)
        again = subprocess.run(replay, capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn(violation.strip(), again.stdout)

    def test_the_same_code_bills_once_on_a_real_broker_though_it_is_killed(self):
        with Gregord({"num.partitions": "3", "group.initial.rebalance.delay.ms": "0"}) as broker:
            run_kcat(broker, "-L", "-t", "invoices")  # makes it
            self.send_orders(broker, 0)
            first = self.start_service(broker, "0")
            self.wait_for_invoices(broker, ORDERS // 4)
            first.kill()  # -9, most likely with a transaction open
            first.wait()
            self.send_orders(broker, 1)
            second = self.start_service(broker, "0")
            self.addCleanup(second.kill)
            invoices = self.wait_for_invoices(broker, 2 * ORDERS)
            second.send_signal(signal.SIGTERM)
            self.assertEqual(second.wait(timeout=30), 0)
            self.assertEqual(set(invoices.values()), {1})
            self.assertEqual(len(invoices), 2 * ORDERS)

    def start_service(self, broker, instance):
        return subprocess.Popen([self.build / "billing_service", broker.address, instance])

    def send_orders(self, broker, part):
        orders = "".join(f"k{part}-{i}:order {i}\n" for i in range(ORDERS))
        run_kcat(broker, "-P", "-t", "orders", "-K:", stdin=orders)

    def wait_for_invoices(self, broker, count):
        """What a read_committed reader finds, by key, once there are so many."""
        found = collections.Counter()
        with subprocess.Popen(
                ["kcat", "-b", broker.address, "-C", "-t", "invoices", "-o", "beginning", "-u", "-q",
                 "-f", "%k\n", "-X", "isolation.level=read_committed",
                 "-X", "topic.metadata.refresh.interval.ms=500"],
                stdout=subprocess.PIPE, text=True) as reader:
            for line in reader.stdout:
                found[line.strip()] += 1
                if sum(found.values()) >= count:
                    break
            reader.kill()
        return found


if __name__ == "__main__":
    main()
