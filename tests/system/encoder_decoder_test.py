"""An encoder-decoder, from its folder to its answers, which are those of transformers."""

import json
import unittest

from service import ROOT, SAMPLE_DATA, Service

FOLDER = ROOT / "tests/golden/families/t5_gated"


class EncoderDecoderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.answers = json.loads((FOLDER / "answers.json").read_text())
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        for benchmark, path in (("mmlu", "mmlu"), ("bbh", "bbh"), ("hhh", "hhh"), ("human_eval", "human_eval/sample.jsonl")):
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / path)
        cls.service.run("model", "add", "tiny", FOLDER)

    def evaluate(self, benchmark, *options, precision="float32"):
        job = self.service.submit("--precision", precision, *options, benchmark=benchmark, model="tiny")
        self.service.wait(job)
        return self.service.predictions(job)

    def test_writes_what_transformers_writes(self):
        got = {p["item_id"]: p["output"] for p in self.evaluate("bbh")}
        wanted = self.answers["bbh"]
        self.assertGreater(len(wanted), 20)
        self.assertEqual({item: got[item] for item in wanted}, wanted)

    def test_scores_the_letters_as_transformers_does(self):
        got = {p["item_id"]: [p["choice_loglikelihoods"][choice] for choice in ("A", "B", "A#2", "B#2")]
               for p in self.evaluate("hhh")}
        wanted = self.answers["hhh"]
        self.assertEqual(set(got), set(wanted))
        for item, values in wanted.items():
            for value, expected in zip(got[item], values, strict=True):
                self.assertAlmostEqual(value, expected, delta=1e-4)

    def test_one_token_answers_a_question_and_samples_share_a_prompt(self):
        for prediction in self.evaluate("mmlu", "--limit", 2, "--shots", 1):
            self.assertLessEqual(len(prediction["output_token_ids"]), 1)
        self.assertEqual(len({tuple(p["choice_loglikelihoods"].values())
                              for p in self.evaluate("mmlu", "--limit", 2, "--protocol", "lm-eval")}), 8)
        samples = self.evaluate("human_eval", "--temperature", 0.8, "--samples", 3, "--limit", 2)
        self.assertEqual(len({(p["item_id"], p["output"]) for p in samples}), len(samples))

    def test_the_same_predictions_from_two_workers(self):
        one = self.evaluate("bbh,hhh", precision="bfloat16")
        self.service.stop()
        self.service.start(workers=2, options=["--token-budget", "100"])
        self.assertEqual(self.evaluate("bbh,hhh", "--shard-items", 3, precision="bfloat16"), one)


if __name__ == "__main__":
    unittest.main()
