"""Models in quantized formats, and LLM.int8() as a precision: from their folders to a comparison."""

import json
import unittest

import tiny_models
from service import SAMPLE_DATA, Service

VARIANTS = ("gptq_act_order", "awq", "bitsandbytes_int8")
USAGE = 2


class QuantizedTest(unittest.TestCase):
    def test_from_the_folder_to_the_comparison(self):
        sources = {name: tiny_models.GOLDEN / "quantized" / name for name in VARIANTS}
        with Service(workers=1, options=["--token-budget", "4096"]) as service:
            folders = tiny_models.make(service.folder / "models", sources)
            service.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
            for name, folder in folders.items():
                service.run("model", "add", name, folder)
            models = {model["name"]: model for model in service.json("model", "list")["models"]}
            self.assertEqual([models[name]["stored_type"] for name in VARIANTS], ["GPTQ 4-bit", "AWQ 4-bit", "LLM.int8"])

            expected, jobs = {}, {}
            for name in VARIANTS:
                for precision in ("float32", "llm-int8"):
                    job = service.submit("--precision", precision, "--protocol", "lm-eval", model=name, benchmark="mmlu")
                    service.wait(job)
                    jobs[name, precision], expected[name, precision] = job, service.predictions(job)
            for name in VARIANTS:
                pair = service.json("compare", jobs[name, "float32"], jobs[name, "llm-int8"])["comparisons"][0]["pairs"][0]
                letters = [[max(row["choice_loglikelihoods"], key=row["choice_loglikelihoods"].get) for row in expected[name, precision]]
                           for precision in ("float32", "llm-int8")]
                changed = sum(a != b for a, b in zip(*letters))
                self.assertEqual(pair["changed"], changed, name)
                self.assertNotEqual(expected[name, "float32"], expected[name, "llm-int8"], "the precision must reach the engine")

            # The cut of the work and the number of workers change nothing.
            service.stop()
            service.start(workers=2, options=["--token-budget", "64"])
            for name in VARIANTS:
                job = service.submit("--precision", "llm-int8", "--protocol", "lm-eval", "--shard-items", 3, model=name, benchmark="mmlu")
                service.wait(job)
                self.assertEqual(service.predictions(job), expected[name, "llm-int8"], name)

            folder = folders["gptq_act_order"]
            config = json.loads((folder / "config.json").read_text())
            config["quantization_config"]["quant_method"] = "hqq"
            (folder / "config.json").write_text(json.dumps(config))
            result = service.run("model", "add", "other", folder, check=False)
            self.assertEqual(result.returncode, USAGE, result.stderr)
            self.assertIn("hqq", result.stderr)


if __name__ == "__main__":
    unittest.main()
