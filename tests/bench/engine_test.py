#!/usr/bin/env python3
"""Tests of what the benchmark computes, without running any engine."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from engine_bench import agreement, ceiling, paths, report, workloads  # noqa: E402
from engine_bench.measurements import Measurements  # noqa: E402


def generated(id, token_ids, finish="length", text=""):
    return {"id": id, "choice": None, "token_ids": token_ids, "finish": finish, "text": text}


class CeilingTest(unittest.TestCase):
    def test_a_common_prefix_is_computed_once(self):
        self.assertEqual(ceiling.distinct_prefixes([]), 0)
        self.assertEqual(ceiling.distinct_prefixes([[1, 2, 3]]), 3)
        self.assertEqual(ceiling.distinct_prefixes([[1, 2, 4], [1, 2, 3], [1, 2, 3]]), 4)
        self.assertEqual(ceiling.distinct_prefixes([[1, 2, 3], [2, 3], [1, 2]]), 5)

    def test_the_last_token_of_a_generation_is_computed_only_to_see_its_end(self):
        predictions = [generated(0, [5, 6, 7]), generated(1, [5, 6, 7], "stop"), generated(2, [], "stop"),
                       {"id": 3, "choice": 1, "token_ids": [], "finish": "none"}]
        self.assertEqual(ceiling.decoded_lengths(predictions), [2, 3])

    def measured(self, bandwidth):
        return {"layers": [{"role": "gate_up", "columns": 1000, "depth": 500, "count": 10, "gflops": 1.0},
                           {"role": "output", "columns": 2000, "depth": 500, "count": 1, "gflops": 0.5}],
                "weight_bytes": 10**9, "read_gigabytes_per_second": bandwidth}

    def test_scoring_costs_its_products(self):
        requests = {0: {"prompt_ids": [1, 2, 3]}, 1: {"prompt_ids": [1, 2, 4]}}
        predictions = [{"id": i, "choice": 0, "token_ids": [], "finish": "none"} for i in requests]
        # Four distinct prefixes of 10 ms, two output rows of 4 ms.
        self.assertAlmostEqual(ceiling.least_seconds(self.measured(1.0), requests, predictions), 4 * 0.010 + 2 * 0.004)

    def test_decoding_costs_the_larger_of_products_and_reading(self):
        requests = {0: {"prompt_ids": [1]}, 1: {"prompt_ids": [2]}}
        predictions = [generated(0, [5, 6, 7]), generated(1, [5, 6])]
        prompts = 2 * 0.010 + 2 * 0.004
        # Positions with two sequences and with one: 28 and 14 ms of products.
        self.assertAlmostEqual(ceiling.least_seconds(self.measured(1e6), requests, predictions), prompts + 0.028 + 0.014)
        self.assertAlmostEqual(ceiling.least_seconds(self.measured(50.0), requests, predictions), prompts + 0.028 + 0.020)
        self.assertAlmostEqual(ceiling.least_seconds(self.measured(1.0), requests, predictions), prompts + 2 * 1.0)

    def test_the_best_of_several_measurements_counts(self):
        measured = Measurements()
        self.assertIsNone(measured.ceiling("float32"))
        for gflops, bandwidth in ((3.0, 10.0), (2.0, 20.0)):
            measured.ceilings.append({"float32": {"layers": [{"role": "output", "gflops": gflops}], "weight_bytes": 1,
                                                  "read_gigabytes_per_second": bandwidth}})
        best = measured.ceiling("float32")
        self.assertEqual((best["layers"][0]["gflops"], best["read_gigabytes_per_second"]), (3.0, 20.0))


class AgreementTest(unittest.TestCase):
    LETTERS = {"choices": [" A", " B"], "max_new_tokens": 0}
    SHORT = {"choices": None, "max_new_tokens": 8}
    LONG = {"choices": None, "max_new_tokens": 256}

    def compare(self, one, other, request):
        return agreement.compare({"predictions": one}, {"predictions": other}, {p["id"]: request for p in one + other})

    def test_only_items_that_both_predicted_count(self):
        one = [{"id": i, "choice": 0} for i in range(4)]
        other = [{"id": 3, "choice": 1}, {"id": 1, "choice": 0}, {"id": 9, "choice": 0}]
        self.assertEqual(self.compare(one, other, self.LETTERS), agreement.Agreement(1, 2))

    def test_short_generations_by_their_text_and_long_ones_by_their_first_tokens(self):
        one, other = [generated(0, list(range(30)), text="x")], [generated(0, [*range(16), 99], text="y")]
        self.assertEqual(self.compare(one, other, self.SHORT).same, 0)
        self.assertEqual(self.compare(one, other, self.LONG).same, 1)
        other = [generated(0, [*range(15), 99])]
        self.assertEqual(self.compare(one, other, self.LONG).same, 0)

    def test_what_is_needed(self):
        self.assertEqual(agreement.needed("float32", [agreement.Agreement(1, 2)]), 0.98)
        self.assertEqual(agreement.needed("bfloat16", []), 0.5)
        self.assertAlmostEqual(agreement.needed("bfloat16", [agreement.Agreement(9, 10), agreement.Agreement(8, 10)]), 0.7)
        self.assertEqual(agreement.needed("bfloat16", [agreement.Agreement(1, 10)]), 0.5)
        self.assertEqual(agreement.needed("bfloat16", [agreement.Agreement(9, 9)]), 0.5)

    def test_one_item_of_a_small_set_may_differ(self):
        self.assertTrue(agreement.enough(agreement.Agreement(23, 24), 0.98))
        self.assertFalse(agreement.enough(agreement.Agreement(22, 24), 0.98))
        self.assertFalse(agreement.enough(agreement.Agreement(0, 1), 0.5))
        self.assertFalse(agreement.enough(agreement.Agreement(0, 0), 0.5))


class WorkloadsTest(unittest.TestCase):
    def test_mmlu_of_the_samples(self):
        drafts = workloads.mmlu(paths.SAMPLE_DATA / "mmlu", 0.05)
        self.assertEqual(len(drafts), 8)  # four subjects, two items of each
        self.assertEqual([d.id for d in drafts], list(range(8)))
        self.assertEqual(drafts[0].head, "The following are multiple choice questions (with answers) about elementary mathematics.\n\n")
        self.assertEqual(len(drafts[0].shots), 5)
        self.assertRegex(drafts[0].shots[0], r"\nD\. .*\nAnswer: [A-D]\n\n$")
        self.assertTrue(drafts[0].item.endswith("\nAnswer:"))
        self.assertEqual(drafts[0].choices, [" A", " B", " C", " D"])

    def test_bbh_of_the_samples_begins_behind_the_examples(self):
        drafts = workloads.bbh(paths.SAMPLE_DATA / "bbh", 0.1)
        self.assertEqual([d.group for d in drafts], ["boolean_expressions", "date_understanding", "object_counting"])
        for draft in drafts:
            self.assertEqual(len(draft.shots), 3)
            self.assertNotIn(draft.item, "".join(draft.shots))

    def test_a_workload_without_data_is_left_out_with_a_line(self):
        with tempfile.TemporaryDirectory() as empty:
            made, left_out = workloads.make(["mmlu", "drop"], pathlib.Path(empty), 1.0)
        self.assertEqual(made, [])
        self.assertEqual(len(left_out), 2)

    def test_evenly(self):
        self.assertEqual(workloads.evenly(range(10), 3), [0, 3, 6])
        self.assertEqual(workloads.evenly(range(2), 3), [0, 1])


class ReportTest(unittest.TestCase):
    def test_the_text_goes_between_the_markers(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "README.md"
            report.write("alone\n", path)
            self.assertEqual(path.read_text(), "alone\n")
            path.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
            report.write("new\n", path)
            self.assertEqual(path.read_text(), f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n")


if __name__ == "__main__":
    unittest.main()
