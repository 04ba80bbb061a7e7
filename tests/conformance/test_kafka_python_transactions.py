"""Debian's python3-kafka has no transactions; one that has them belongs to test_transaction_clients.py."""

import unittest

from harness import main

try:
    import kafka
except ImportError:
    kafka = None


@unittest.skipIf(kafka is None, "python3-kafka is not installed")
class KafkaPython(unittest.TestCase):
    def test_its_transactions_are_tested(self):
        if not hasattr(kafka.KafkaProducer, "init_transactions"):
            self.skipTest(f"python3-kafka {kafka.__version__} has no transactions")
        self.fail("they are not: add them to test_transaction_clients.py")


if __name__ == "__main__":
    main()
