"""Templates, system prompts, BOS handling and sampling, on our sample data and one running service."""

import shutil
import unittest

from service import DEMO_MODEL, SAMPLE_DATA, Service, needs_demo_model

USAGE = 2
PROBLEMS = 2
needs_bubblewrap = unittest.skipUnless(shutil.which("bwrap"), "bubblewrap is not there")


@needs_demo_model
class SettingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=2)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()
        cls.service.run("dataset", "import", "human_eval", SAMPLE_DATA / "human_eval")

    def evaluate(self, benchmark, *options):
        """The job, its run and its predictions."""
        job = self.service.submit(*options, benchmark=benchmark)
        self.service.wait(job)
        (run,) = self.service.json("results", job)["runs"]
        return job, run, self.service.predictions(job)

    @needs_bubblewrap
    def test_samples_are_the_same_bits_however_they_are_cut(self):
        sampling = ("--limit", PROBLEMS, "--samples", 3, "--temperature", 0.6, "--top-p", 0.95, "--seed", 7)
        job, run, first = self.evaluate("human_eval", *sampling)
        _, _, again = self.evaluate("human_eval", *sampling, "--shard-items", 1)
        self.assertEqual(first, again)
        self.assertEqual(run["items"], PROBLEMS * 3)
        self.assertEqual([(p["item_id"], p["sample_index"]) for p in first],
                         [(first[3 * i]["item_id"], j) for i in range(PROBLEMS) for j in range(3)])
        self.assertGreater(len({p["output"] for p in first}), PROBLEMS)
        self.assertEqual([run[name] for name in ("temperature", "top_p", "top_k", "seed", "samples")],
                         [0.6, 0.95, 0, 7, 3])
        self.assertEqual(run["manifest"]["settings"]["sampling"],
                         {"temperature": 0.6, "top_p": 0.95, "top_k": 0, "seed": 7, "samples": 3})

        _, _, other = self.evaluate("human_eval", *sampling[:-1], 8)
        self.assertNotEqual([p["output"] for p in first], [p["output"] for p in other])

        (with_k,) = self.service.json("results", job, "--k", "2,3,4")["runs"]
        metrics = {m["metric"]: m for m in with_k["metrics"] if m["group"] == ""}
        self.assertEqual(set(metrics), {"pass@1", "pass@2", "pass@3"})
        passed = [p["program_outcome"] == "passed" for p in first]
        self.assertAlmostEqual(metrics["pass@1"]["value"], sum(passed) / len(passed))
        solved = [any(passed[3 * i:3 * i + 3]) for i in range(PROBLEMS)]
        self.assertAlmostEqual(metrics["pass@3"]["value"], sum(solved) / PROBLEMS)
        self.assertEqual(metrics["pass@3"]["items"], PROBLEMS)

    @needs_bubblewrap
    def test_a_protocol_has_temperatures_of_its_own(self):
        _, run, _ = self.evaluate("human_eval", "--protocol", "instructeval-sampled", "--limit", 1)
        self.assertEqual(run["temperature"], 0.1)
        refused = self.service.run("eval", "--model", "smol", "--benchmark", "human_eval", "--protocol",
                                   "instructeval-sampled", "--samples", 3, check=False)
        self.assertEqual(refused.returncode, USAGE)
        self.assertIn("temperatures for 1, 10, 100 samples", refused.stderr)

    def test_the_chat_template_is_around_every_prompt(self):
        _, run, chat = self.evaluate("mmlu", "--limit", 2, "--template", "chat", "--system-prompt", "One letter.")
        self.assertEqual((run["prompt_template"], run["system_prompt"]), ("chat", "One letter."))
        _, _, plain = self.evaluate("mmlu", "--limit", 2)
        for wrapped, prediction in zip(chat, plain, strict=True):
            self.assertEqual(wrapped["prompt"],
                             "<|im_start|>system\nOne letter.<|im_end|>\n<|im_start|>user\n" + prediction["prompt"]
                             + "<|im_end|>\n<|im_start|>assistant\n")
            self.assertGreater(wrapped["prompt_tokens"], prediction["prompt_tokens"])

    def test_choices_are_compared_in_the_assistants_turn(self):
        _, _, chat = self.evaluate("mmlu", "--protocol", "lm-eval", "--limit", 1, "--template", "chat")
        self.assertTrue(all(len(p["choice_loglikelihoods"]) == 4 for p in chat))
        self.assertTrue(all(p["prompt"].endswith("<|im_start|>assistant\n") for p in chat))

    def test_bos_is_there_once(self):
        _, _, default = self.evaluate("mmlu", "--limit", 1)
        _, _, always = self.evaluate("mmlu", "--limit", 1, "--bos", "always")
        _, _, never = self.evaluate("mmlu", "--limit", 1, "--bos", "never")
        self.assertEqual([p["prompt_tokens"] + 1 for p in never], [p["prompt_tokens"] for p in always])
        self.assertIn([p["prompt_tokens"] for p in default],
                      [[p["prompt_tokens"] for p in runs] for runs in (always, never)])

    def test_alpacas_template(self):
        plan = self.service.json("eval", "--model", "smol", "--benchmark", "mmlu", "--template", "alpaca", "--dry-run")
        prompt = plan["runs"][0]["first_prompt"]
        self.assertTrue(prompt.startswith("Below is an instruction that describes a task."))
        self.assertTrue(prompt.endswith("\n\n### Response:"))
        _, _, predictions = self.evaluate("mmlu", "--limit", 1, "--template", "alpaca")
        self.assertEqual(predictions[0]["prompt"], prompt)

    def test_settings_that_do_not_fit_are_refused(self):
        for options, reason in ((("--samples", 3), "--temperature"), (("--system-prompt", "x"), "--template chat"),
                                (("--protocol", "lm-eval", "--temperature", 1), "nothing that could be sampled")):
            refused = self.service.run("eval", "--model", "smol", "--benchmark", "mmlu", *options, check=False)
            self.assertEqual(refused.returncode, USAGE)
            self.assertIn(reason, refused.stderr)


if __name__ == "__main__":
    unittest.main()
