"""What the commands do and say, on one running service: scores, protocols, plans, detaching, and wrong input."""

import csv
import io
import json
import math
import shutil
import signal
import unittest

from service import DEMO_MODEL, JOB_SECONDS, SAMPLE_DATA, Service, needs_demo_model, wait_until

FAILED, USAGE, UNREACHABLE, NOT_FOUND, DETACHED = 1, 2, 3, 4, 130


@needs_demo_model
class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()

    def refused(self, code, *words, command):
        """The command ends with `code`, says all `words` on standard error, and nothing on standard output."""
        result = self.service.run(*command, check=False)
        self.assertEqual(result.returncode, code, (command, result.stdout, result.stderr))
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr)

    def test_a_job_from_its_submission_to_its_scores(self):
        result = self.service.run("eval", "--model", "smol", "--benchmark", "mmlu,bbh", "--limit", 2,
                                  "--shots", 1, "--format", "json")
        document = json.loads(result.stdout)
        job = document["job_id"]
        runs = {run["benchmark"]: run for run in document["runs"]}
        self.assertEqual(set(runs), {"mmlu", "bbh"})
        self.assertEqual((runs["mmlu"]["items"], runs["bbh"]["items"]), (8, 6))
        for run in runs.values():
            self.assertEqual(run["state"], "completed")
            self.assertEqual(run["items_done"], run["items"])
            self.assertEqual((run["protocol"], run["shots"], run["precision"]), ("instructeval", 1, "bfloat16"))

        predictions = self.service.json("predictions", job)["predictions"]
        for name, run in runs.items():
            own = [p for p in predictions if p["benchmark"] == name]
            self.assertEqual(len(own), run["items"])
            self.assertEqual(sum(p["prompt_tokens"] for p in own), run["prompt_tokens"])
            self.assertEqual({p["shots_used"] for p in own}, {1})
            for group in {p["group"] for p in own}:
                (metric,) = [m for m in run["metrics"] if m["group"] == group]
                verdicts = [p["verdict"] == "correct" for p in own if p["group"] == group]
                self.assertAlmostEqual(metric["value"], sum(verdicts) / len(verdicts))
            for prediction in own:
                right = prediction["output"].strip().startswith(prediction["target"])
                self.assertEqual(prediction["verdict"], "correct" if right else "wrong")

        wrong = self.service.json("predictions", job, "--wrong")["predictions"]
        self.assertEqual(wrong, [p for p in predictions if p["verdict"] != "correct"])
        item = predictions[0]["item_id"]
        one = self.service.run("predictions", job, "--item", item).stdout
        self.assertIn(predictions[0]["prompt"].splitlines()[0], one)
        rows = list(csv.DictReader(io.StringIO(self.service.run("predictions", job, "--format", "csv").stdout)))
        self.assertEqual([row["item_id"] for row in rows], [p["item_id"] for p in predictions])
        self.assertEqual(self.service.job(job)["state"], "completed")
        self.assertIn("mmlu", self.service.run("results", job).stdout)

        manifests = json.loads(self.service.run("results", job, "--manifest").stdout)["runs"]
        self.assertEqual(len(manifests), 2)
        digests = {d["sha256"] for d in self.service.json("dataset", "list")["datasets"]}
        (model,) = self.service.json("model", "list")["models"]
        for run in manifests:
            text = json.dumps(run["manifest"])
            self.assertIn(model["weights_sha256"], text)
            self.assertIn(model["tokenizer_sha256"], text)
            self.assertTrue(any(digest in text for digest in digests))
            for word in ("instructeval", "bfloat16", "engine"):
                self.assertIn(word, text)

    def test_scores_have_intervals_and_both_means(self):
        job = self.service.submit("--limit", 3)
        self.service.wait(job)
        rows = list(csv.DictReader(io.StringIO(self.service.run("results", job, "--format", "csv").stdout)))
        for row in rows:
            self.assertLessEqual(float(row["low"]), float(row["value"]))
            self.assertLessEqual(float(row["value"]), float(row["high"]))
            self.assertLess(float(row["low"]), float(row["high"]))
        for run in self.service.json("results", job)["runs"]:
            groups = {m["group"]: m for m in run["metrics"] if m["metric"] == "accuracy" and m["group"]
                      and ":" not in m["group"]}
            micro = sum(m["value"] * m["items"] for m in groups.values()) / sum(m["items"] for m in groups.values())
            macro = sum(m["value"] for m in groups.values()) / len(groups)
            overall = {m["metric"]: m["value"] for m in run["metrics"] if m["group"] == ""}
            own, other = (macro, micro) if run["benchmark"] == "bbh" else (micro, macro)
            self.assertAlmostEqual(overall.pop("accuracy"), own)
            self.assertEqual(len(overall), 0 if abs(own - other) < 1e-9 else 1)
            for value in overall.values():
                self.assertAlmostEqual(value, other)

    def test_runs_are_compared_item_by_item(self):
        few = self.service.submit("--limit", 6, "--shots", 2)
        zero = self.service.submit("--limit", 6, "--shots", 0)
        for job in (few, zero):
            self.service.wait(job)
        # BBH's examples are the first items of a task, so that the two jobs did not ask the same.
        self.refused(USAGE, "bbh", "12 are in all of them", "--common", command=("compare", few, zero))
        document = self.service.json("compare", few, zero, "--common")
        self.assertEqual([c["benchmark"] for c in document["comparisons"]], ["mmlu", "bbh"])
        for comparison in document["comparisons"]:
            verdicts, groups = [], {}
            for job in (few, zero):
                predictions = self.service.json("predictions", job, "--benchmark", comparison["benchmark"])["predictions"]
                verdicts.append({p["item_id"]: p["verdict"] == "correct" for p in predictions})
                groups |= {p["item_id"]: p["group"] for p in predictions}
            items = verdicts[0].keys() & verdicts[1].keys()
            verdicts = [{item: own[item] for item in items} for own in verdicts]
            self.assertEqual(comparison["items"], len(items))
            (pair,) = comparison["pairs"]
            self.assertEqual((pair["first"], pair["second"]), ("smol 2-shot", "smol 0-shot"))
            self.assertEqual(comparison["macro_average"], comparison["benchmark"] == "bbh")
            parts = sorted({groups[item] for item in items}) if comparison["macro_average"] else [""]
            means = []
            for part in parts:
                own = [item for item in items if groups[item].startswith(part)]
                means.append(sum(verdicts[0][item] - verdicts[1][item] for item in own) / len(own))
            self.assertAlmostEqual(pair["difference"], sum(means) / len(means))
            only = [sum(a[item] and not b[item] for item in a) for a, b in (verdicts, verdicts[::-1])]
            self.assertEqual([pair["only_first"], pair["only_second"]], only)
            tail = sum(math.comb(sum(only), k) for k in range(min(only) + 1)) / 2 ** sum(only)
            self.assertAlmostEqual(pair["mcnemar_p"], min(1, 2 * tail))
            self.assertLessEqual(pair["low"], pair["difference"])
            self.assertGreaterEqual(pair["high"], pair["difference"])
        self.assertEqual(document, self.service.json("compare", few, zero, "--common"))
        table = self.service.run("compare", few, zero, "--benchmark", "bbh", "--common").stdout
        self.assertIn("smol 2-shot", table)
        self.assertNotIn("mmlu", table)
        rows = list(csv.DictReader(io.StringIO(self.service.run("compare", few, zero, "--common", "--format", "csv").stdout)))
        self.assertEqual([row["benchmark"] for row in rows], ["mmlu", "bbh"])

        other = self.service.submit("--protocol", "lm-eval", "--limit", 6, benchmark="mmlu")
        fewer = self.service.submit("--limit", 2, benchmark="mmlu")
        for job in (other, fewer):
            self.service.wait(job)
        self.refused(USAGE, "instructeval version 1", "lm-eval version 2",
                     command=("compare", few, other, "--benchmark", "mmlu"))
        self.refused(USAGE, "has 24", "has 8", "--common", command=("compare", few, fewer, "--benchmark", "mmlu"))
        common = self.service.json("compare", few, fewer, "--benchmark", "mmlu", "--common")
        self.assertEqual(common["comparisons"][0]["items"], 8)
        self.refused(NOT_FOUND, "run 999999", command=("compare", few, "run:999999"))
        self.refused(USAGE, "nosuch", command=("compare", few, "nosuch"))

    def test_letters_by_their_loglikelihood(self):
        job = self.service.submit("--protocol", "lm-eval", "--limit", 2, benchmark="mmlu")
        self.service.wait(job)
        predictions = self.service.json("predictions", job)["predictions"]
        self.assertEqual(len(predictions), 8)
        for prediction in predictions:
            scores = prediction["choice_loglikelihoods"]
            self.assertEqual(list(scores), ["A", "B", "C", "D"])
            self.assertTrue(all(score < 0 for score in scores.values()))
            best = max(scores, key=scores.get)
            self.assertEqual(prediction["verdict"], "correct" if best == prediction["target"] else "wrong")

    def test_a_dry_run_changes_nothing(self):
        before = self.service.json("jobs")
        command = ("eval", "--model", "smol", "--benchmark", "mmlu,bbh", "--limit", 2, "--dry-run")
        plan = {run["benchmark"]: run for run in self.service.json(*command)["runs"]}
        self.assertEqual((plan["mmlu"]["items"], plan["bbh"]["items"]), (8, 6))
        self.assertTrue(plan["mmlu"]["first_prompt"].startswith(
            "The following are multiple choice questions (with answers) about"))
        self.assertTrue(plan["bbh"]["first_prompt"].endswith("\nAnswer:"))
        for run in plan.values():
            self.assertGreater(run["prompt_tokens"], 0)
            self.assertGreater(run["seconds"], 0)
        self.assertIn(plan["bbh"]["first_item_id"], self.service.run(*command).stdout)
        self.assertEqual(self.service.json("jobs"), before)

    def test_interrupting_eval_detaches_and_cancel_ends_the_job(self):
        before = {job["job_id"] for job in self.service.json("jobs")["jobs"]}
        client = self.service.popen("eval", "--model", "smol", "--benchmark", "mmlu,bbh", "--shard-items", 1)
        (job,) = wait_until(lambda: {job["job_id"] for job in self.service.json("jobs")["jobs"]} - before,
                            JOB_SECONDS, "the job is there")
        wait_until(lambda: self.service.items_done(job) > 0, JOB_SECONDS, "the job has begun")
        client.send_signal(signal.SIGINT)
        output, errors = client.communicate(timeout=30)
        self.assertEqual((client.returncode, output), (DETACHED, ""))
        self.assertIn(f"assay watch {job}", errors)
        self.assertIn(f"assay cancel {job}", errors)
        done = self.service.items_done(job)
        self.assertEqual(self.service.job(job)["state"], "running")
        wait_until(lambda: self.service.items_done(job) > done, JOB_SECONDS, "the job goes on")

        self.service.run("cancel", job)
        self.assertEqual(self.service.job(job)["state"], "cancelled")
        kept = len(self.service.json("predictions", job)["predictions"])
        self.assertEqual(kept, self.service.items_done(job))
        self.assertLess(kept, self.service.job(job)["items"])
        self.assertEqual(self.service.run("watch", job, check=False).returncode, FAILED)

    def test_a_prompt_longer_than_the_context_is_cut_and_flagged(self):
        folder = self.service.folder / "long"
        folder.mkdir()
        examples = [{"input": times * "one two three ", "target": "four"} for times in (1, 1000, 4000)]
        (folder / "counting.json").write_text(json.dumps({"examples": examples}))
        self.service.run("dataset", "import", "bbh", folder, "--name", "long")
        job = self.service.submit("--shots", 0, benchmark="long")
        self.service.wait(job)
        predictions = self.service.json("predictions", job)["predictions"]
        self.assertEqual([(p["over_max_input"], p["truncated"]) for p in predictions],
                         [(False, False), (True, False), (True, True)])
        (model,) = self.service.json("model", "list")["models"]
        longest = predictions[2]
        self.assertLess(longest["prompt_tokens"] + len(longest["output_token_ids"]), model["context_length"] + 1)
        self.assertGreater(longest["prompt_tokens"], model["context_length"] // 2)

    def test_the_worker_is_listed(self):
        (worker,) = self.service.json("workers")["workers"]
        self.assertTrue(worker["connected"])
        self.assertEqual(worker["device"], "cpu")

    def test_unknown_names_say_what_there_is(self):
        evaluate = ("eval", "--model", "smol", "--benchmark", "mmlu")
        self.refused(NOT_FOUND, "nosuch", "smol", command=("eval", "--model", "nosuch", "--benchmark", "mmlu"))
        self.refused(NOT_FOUND, "nosuch", "mmlu", "bbh", command=("eval", "--model", "smol", "--benchmark", "nosuch"))
        self.refused(NOT_FOUND, "nosuch", "instructeval", "lm-eval", command=evaluate + ("--protocol", "nosuch"))
        self.refused(USAGE, "nosuch", "float32", command=evaluate + ("--precision", "nosuch"))
        self.refused(USAGE, "--nosuch", command=evaluate + ("--nosuch",))
        self.refused(USAGE, "--limit", command=evaluate + ("--limit", "0"))
        self.refused(USAGE, "6", "5", command=evaluate + ("--shots", "6"))
        self.refused(USAGE, "--model", command=("eval", "--benchmark", "mmlu"))
        for command in ("watch", "results", "predictions", "cancel", "compare"):
            self.refused(NOT_FOUND, "999999", command=(command, "999999"))

    def test_a_coordinator_that_is_not_there(self):
        self.refused(UNREACHABLE, "127.0.0.1:1", "assay up", command=("--coordinator", "127.0.0.1:1", "jobs"))

    def test_bad_rows_are_refused_with_file_and_line(self):
        folder = self.service.folder / "bad-mmlu"
        shutil.copytree(SAMPLE_DATA / "mmlu", folder)
        path = sorted((folder / "test").glob("*.csv"))[0]
        path.write_text(path.read_text() + "What is this?,1,2,3,4,E\n")
        line = len(list(path.read_text().splitlines()))
        before = self.service.json("dataset", "list")
        self.refused(USAGE, path.name, str(line), command=("dataset", "import", "mmlu", folder, "--name", "bad"))
        self.assertEqual(self.service.json("dataset", "list"), before)

        folder = self.service.folder / "bad-bbh"
        folder.mkdir()
        (folder / "task.json").write_text('{"examples": [{"input": "?"}]}')
        self.refused(USAGE, "task.json", "target", command=("dataset", "import", "bbh", folder, "--name", "bad"))
        self.refused(USAGE, "nowhere", command=("dataset", "import", "bbh", self.service.folder / "nowhere"))

    def test_the_same_data_again_changes_nothing(self):
        before = self.service.json("dataset", "list")
        self.service.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
        self.assertEqual(self.service.json("dataset", "list"), before)

    def test_damaged_models_are_refused_with_file_and_reason(self):
        content = DEMO_MODEL.read_bytes()
        truncated = self.service.folder / "truncated.gguf"
        for size in (0, 3, 20, 4096, len(content) // 2, len(content) - 1):
            truncated.write_bytes(content[:size])
            self.refused(USAGE, "truncated.gguf", command=("model", "add", "bad", truncated))
        claims_more = self.service.folder / "claims_more.gguf"
        claims_more.write_bytes(content[:8] + b"\xff" * 16 + content[24:])
        self.refused(USAGE, "claims_more.gguf", command=("model", "add", "bad", claims_more))
        folder = self.service.folder / "no-config"
        folder.mkdir()
        self.refused(USAGE, "config.json", command=("model", "add", "bad", folder))
        self.assertEqual([m["name"] for m in self.service.json("model", "list")["models"]], ["smol"])

    def test_a_name_keeps_its_model(self):
        other = self.service.folder / "other.gguf"
        shutil.copyfile(DEMO_MODEL, other)
        self.refused(USAGE, "smol", command=("model", "add", "smol", other))
        self.service.run("model", "add", "smol", DEMO_MODEL)

    def test_a_second_service_on_the_same_data_is_refused(self):
        result = self.service.run("up", "--data", self.service.data, "--listen", "127.0.0.1:0", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(str(self.service.up_pid()), result.stderr)


if __name__ == "__main__":
    unittest.main()
