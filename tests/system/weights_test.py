"""Weights as people have them, from `assay model add` to scores: pytorch_model.bin, LoRA adapters, and files that are refused."""

import json
import shutil
import unittest

import tiny_models
from service import SAMPLE_DATA, Service

GOLDEN = tiny_models.GOLDEN
USAGE, NOT_FOUND = 2, 4


class WeightsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.run("dataset", "import", "crass", SAMPLE_DATA / "crass")

    def folder(self, name, source, with_tokenizer=True):
        """A copy of a golden folder's files, with a tokenizer."""
        target = self.service.folder / "models" / name
        target.mkdir(parents=True)
        for file in source.iterdir():
            if file.is_file():
                shutil.copyfile(file, target / file.name)
        if with_tokenizer:
            size = tiny_models.vocabulary_size(json.loads((target / "config.json").read_text()))
            (target / "tokenizer.json").write_text(json.dumps(tiny_models.tokenizer(size)))
        return target

    def refused(self, code, *words, command):
        result = self.service.run(*command, check=False)
        self.assertEqual(result.returncode, code, (command, result.stdout, result.stderr))
        for word in words:
            self.assertIn(word, result.stderr)

    def predictions(self, model):
        job = self.service.json("eval", "--model", model, "--benchmark", "crass", "--precision", "float32", "--shots", 0)
        (run,) = job["runs"]
        self.assertEqual((run["state"], run["items_failed"]), ("completed", 0), run)
        return [(item["item_id"], item["prompt"], item["output"]) for item in self.service.json("predictions", job["job_id"])["predictions"]]

    def test_files_of_torch_give_the_predictions_of_safetensors(self):
        source = GOLDEN / "torch_files/model"
        self.service.run("model", "add", "safetensors", self.folder("safetensors", source))
        expected = self.predictions("safetensors")
        for form in ("zip", "legacy", "sharded"):
            self.service.run("model", "add", form, self.folder(form, source / form))
            self.assertEqual(self.predictions(form), expected, form)

    def test_an_adapter_is_a_model(self):
        base = self.folder("llama-base", GOLDEN / "lora/bases/llama")
        adapter = self.folder("adapter", GOLDEN / "lora/llama_all_linear", with_tokenizer=False)
        self.refused(NOT_FOUND, '"someone/llama"', "--base", command=("model", "add", "adapted", adapter))
        self.service.run("model", "add", "llama", base)
        # Its settings name someone/llama, and that is a model's name now.
        added = self.service.run("model", "add", "adapted", adapter)
        self.assertIn(f"a LoRA adapter of {base}", added.stderr)
        self.assertIn("was added before", self.service.run("model", "add", "adapted", adapter, "--base", base).stdout)
        models = {model["name"]: model for model in self.service.json("model", "list")["models"]}
        self.assertEqual((models["adapted"]["format"], models["adapted"]["architecture"]), ("peft", "llama"))
        self.assertNotEqual(models["adapted"]["weights_sha256"], models["llama"]["weights_sha256"])
        shown = {line["key"]: line["value"] for line in self.service.json("model", "show", "adapted")["model"]}
        self.assertEqual((shown["path"], shown["base_path"]), (str(adapter), str(base)))
        self.assertNotEqual(self.predictions("adapted"), self.predictions("llama"))
        other = self.folder("gpt-neox", GOLDEN / "lora/bases/gpt_neox")
        self.refused(USAGE, "another base?", command=("model", "add", "wrong", adapter, "--base", other))
        self.refused(USAGE, "only a LoRA adapter", command=("model", "add", "wrong", base, "--base", other))

    def test_what_could_run_code_is_refused_by_name(self):
        folder = self.folder("hostile", GOLDEN / "torch_files/model/zip")
        shutil.copyfile(GOLDEN / "torch_files/module.bin", folder / "pytorch_model.bin")
        self.refused(USAGE, "torch.nn.modules.linear.Linear", "could run code", "safetensors",
                     command=("model", "add", "hostile", folder))


if __name__ == "__main__":
    unittest.main()
