"""The same predictions, to the bit, however the work is cut and whoever does it."""

import unittest

from service import Service, needs_demo_model

LIMIT = 3  # items of each subject and task


@needs_demo_model
class InvarianceTest(unittest.TestCase):
    def evaluate(self, service, precision, shard_items):
        job = service.submit("--limit", LIMIT, "--precision", precision, "--shard-items", shard_items)
        service.wait(job)
        return service.predictions(job)

    def test_workers_shard_sizes_and_token_budgets(self):
        with Service(workers=1, options=["--token-budget", "4096"], threads=None) as service:
            service.add_samples()
            expected = {precision: self.evaluate(service, precision, 64) for precision in ("bfloat16", "float32")}
            for precision, predictions in expected.items():
                with self.subTest("every item once", precision=precision):
                    items = [p["item_id"] for p in predictions]
                    self.assertEqual(len(items), LIMIT * (4 + 3))
                    self.assertEqual(len(set(items)), len(items))
            self.assertNotEqual(expected["bfloat16"], expected["float32"], "the precision must reach the engine")

            for workers, token_budget in ((1, 4096), (2, 64), (3, 512)):
                service.stop()
                service.start(workers=workers, options=["--token-budget", str(token_budget)])
                for shard_items in (1, 7, 64):
                    for precision in ("bfloat16", "float32"):
                        with self.subTest(workers=workers, token_budget=token_budget, shard_items=shard_items,
                                          precision=precision):
                            self.assertEqual(self.evaluate(service, precision, shard_items), expected[precision])


if __name__ == "__main__":
    unittest.main()
