"""Every path of the HTTP interface, asked of a real service; answers are held against the description that it gives of itself."""

import csv
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

import tiny_models
from service import CACHE, SAMPLE_DATA, Service, wait_until

# tests/system/fetch_openapi_validator puts it there; a machine's own is taken where there is one.
VALIDATOR = pathlib.Path(os.environ.get("ASSAY_OPENAPI_VALIDATOR", CACHE / "openapi-spec-validator"))
sys.path.append(str(VALIDATOR))
try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    import openapi_spec_validator
except ImportError:
    openapi_spec_validator = None

RATERS = ("anna", "ben", "carla")
MODELS = ("llama", "mistral")


class HttpApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="assay-http-")
        cls.addClassCleanup(cls.folder.cleanup)
        os.chmod(cls.folder.name, 0o755)
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.base = "http://" + (cls.service.data / "run/http.address").read_text().strip()
        sources = tiny_models.checkpoints()
        models = tiny_models.make(cls.folder.name, {name: sources[name] for name in MODELS})
        for benchmark in ("mmlu", "impact"):
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)
        for name, path in models.items():
            # A context that IMPACT's answers fit into; these models do not learn positions.
            config = pathlib.Path(path) / "config.json"
            config.write_text(json.dumps({**json.loads(config.read_text()), "max_position_embeddings": 2048}))
            cls.service.run("model", "add", name, path)
        cls.mmlu = cls.service.submit("--shots", 1, benchmark="mmlu", model="llama,mistral")
        cls.impact = cls.service.submit("--judge", "llama", "--judge-template", "none", benchmark="impact", model="llama,mistral")
        for job in (cls.mmlu, cls.impact):
            cls.service.wait(job)
        cls.asked = set()
        cls.description = cls.ask("GET", "/api/v1/openapi.json")
        cls.runs = [run["spec"]["run_id"] for run in cls.get("jobs/{job_id}", job_id=cls.mmlu)["runs"]]
        cls.judges = wait_until(lambda: cls.get("jobs/{job_id}", job_id=cls.impact)["judge_job"].strip("0"), 60, "judges")
        cls.service.run("watch", cls.judges, check=False)  # reviews of such a model are nonsense

    @classmethod
    def ask(cls, method, target, body=None, token=None, status=200):
        request = urllib.request.Request(cls.base + target, method=method)
        data = None
        if method == "POST":
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body or {}).encode()
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, data, timeout=60) as answer:
                got, content = answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            got, content = error.code, json.load(error)
        if got != status:
            raise AssertionError(f"{method} {target}: {got}, not {status}: {content}")
        return content

    @classmethod
    def call(cls, method, path, query, body, token):
        """The path's answer, which must be as the description says; parts in braces are taken from `query`."""
        operation = cls.description["paths"]["/api/v1/" + path][method.lower()]
        cls.asked.add((method, path))
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            path = path.replace("{" + name + "}", urllib.parse.quote(str(query.pop(name)), safe=""))
        target = "/api/v1/" + path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
        answer = cls.ask(method, target, body, token)
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        if jsonschema:
            jsonschema.Draft202012Validator({**schema, "components": cls.description["components"]}).validate(answer)
        cls.check_present(schema, answer)
        return answer

    @classmethod
    def get(cls, path, token=None, **query):
        return cls.call("GET", path, query, None, token)

    @classmethod
    def post(cls, path, body=None, token=None, **query):
        return cls.call("POST", path, query, body, token)

    @classmethod
    def check_present(cls, schema, value):
        """Everything that is said to be always present is."""
        if "$ref" in schema:
            schema = cls.description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if isinstance(value, list):
            for item in value:
                cls.check_present(schema["items"], item)
        if isinstance(value, dict) and "properties" in schema:
            missing = set(schema.get("x-always-present", [])) - set(value)
            if missing:
                raise AssertionError(f"{missing} is missing")
            for name, part in value.items():
                cls.check_present(schema["properties"][name], part)

    def test_1_what_there_is(self):
        self.assertEqual(self.get("server")["workers"], 1)
        self.assertEqual(self.get("caller"), {"user": "anonymous", "roles": ["ROLE_ADMIN"]})
        self.assertIn("mmlu", [benchmark["name"] for benchmark in self.get("benchmarks")["benchmarks"]])
        self.assertEqual(self.get("benchmarks/{name}", name="bbh")["benchmark"]["name"], "bbh")
        self.assertEqual(len(self.get("datasets")["datasets"]), 2)
        self.assertEqual([model["name"] for model in self.get("models")["models"]], ["llama", "mistral"])
        self.assertEqual(self.get("model-facts")["facts"], [])
        self.assertEqual(self.get("baselines")["baselines"], [])
        self.assertTrue(self.get("workers")["workers"][0]["connected"])
        self.assertEqual(self.get("work")["leases"], [])
        self.assertEqual(len(self.get("jobs")["jobs"]), 3)
        self.assertEqual(self.get("jobs/{job_id}/events", job_id=self.mmlu)["events"][-1]["kind"], "job_submitted")
        results = self.get("jobs/{job_id}/results", job_id=self.mmlu)
        self.assertEqual(len(results["runs"]), 2)
        run = self.get("runs/{run_id}/results", run_id=self.runs[0])["runs"][0]
        self.assertEqual(run["metrics"], results["runs"][0]["metrics"])
        cells = self.get("leaderboard", shots=1)["cells"]
        self.assertEqual({cell["model"] for cell in cells}, {"mistral", "llama"})
        table = self.get("leaderboard/table", view="suite", shots=1)
        row = next(row for row in table["rows"] if row["model"] == "mistral")
        self.assertEqual(row["scores"]["mmlu"]["value"], run["metrics"][0]["value"])
        self.assertTrue(self.get("predictions", run_id=self.runs[0], page_size=1)["predictions"][0]["prediction"]["prompt"])

    def test_2_samples_and_comparisons(self):
        run = self.runs[0]
        rows, token = [], ""
        while True:
            page = self.get("runs/{run_id}/samples", run_id=run, page_size=7, page_token=token)
            rows += page["samples"]
            token = page["next_page_token"]
            if not token:
                break
        own = self.service.json("predictions", self.mmlu)["predictions"]
        self.assertEqual([row["item_id"] for row in rows], [row["item_id"] for row in own if row["run_id"] == int(run)])
        last = self.get("runs/{run_id}/samples", run_id=run, page_size=7, backwards="true")
        self.assertEqual(last["samples"], rows[-7:])
        before = self.get("runs/{run_id}/samples", run_id=run, page_size=7, backwards="true",
                          page_token=last["previous_page_token"])
        self.assertEqual(before["samples"], rows[-14:-7])
        right = [row for row in rows if row["verdict"] == "VERDICT_CORRECT"]
        self.assertEqual(self.get("runs/{run_id}/samples", run_id=run, page_size=1000, verdicts="VERDICT_CORRECT")["samples"], right)
        word = rows[3]["question"].split()[0].upper()
        found = self.get("runs/{run_id}/samples", run_id=run, page_size=1000, text=word)["samples"]
        self.assertIn(rows[3], found)
        sample = self.get("runs/{run_id}/samples/{item_ordinal}", run_id=run, item_ordinal=rows[3]["item_ordinal"])
        self.assertEqual(len(sample["shots"]), rows[3]["shots_used"])
        self.assertIn(sample["item"]["fields"]["question"].split()[0], sample["prediction"]["prediction"]["prompt"])
        compared = self.get("comparison", run_ids=self.runs, groups="true", resamples=500)
        told = self.service.json("compare", f"run:{self.runs[0]}", f"run:{self.runs[1]}", "--resamples", 500)["comparisons"][0]
        pair = compared["pairs"][0]
        self.assertEqual((pair["difference"]["value"], pair["bootstrap_low"], pair["mcnemar_p"], int(pair["changed"])),
                         (told["pairs"][0]["difference"], told["pairs"][0]["bootstrap_low"], told["pairs"][0]["mcnemar_p"],
                          told["pairs"][0]["changed"]))
        self.assertIn("category:STEM", [group["group"] for group in compared["groups"]])
        ranks = self.get("ranks", run_ids=self.runs, models=2, resamples=500)["ranks"]
        self.assertEqual([rank["rank"] for rank in ranks], [model["rank"] for model in compared["models"]])
        self.assertTrue(all(1 <= rank["best"] <= rank["rank"] <= rank["worst"] <= 2 for rank in ranks), ranks)
        differences = self.get("differences", first_run=self.runs[0], second_run=self.runs[1], page_size=1000)["differences"]
        self.assertEqual(len(differences), int(pair["only_first"]) + int(pair["only_second"]))

    def test_3_jobs_are_controlled(self):
        job = self.service.submit("--shots", 0, benchmark="mmlu", model="mistral")
        states = [self.post(f"jobs/{{job_id}}/{what}", job_id=job)["state"] for what in ("pause", "resume", "cancel")
                  if what == "cancel" or self.get("jobs/{job_id}", job_id=job)["state"] in ("STATE_PENDING", "STATE_RUNNING")]
        self.assertIn(states[-1], ("STATE_CANCELLED", "STATE_COMPLETED"))
        self.asked |= {("POST", "jobs/{job_id}/pause"), ("POST", "jobs/{job_id}/resume")}  # unless it was over too soon
        self.assertEqual(self.ask("POST", "/api/v1/jobs/999/cancel", status=404)["code"], "NOT_FOUND")

    def rate(self, token, of):
        """Rates all of a rater's tasks; returns what was shown."""
        shown = []
        task = self.get("ratings/task", token=token)
        while not task["finished"]:
            shown.append(task)
            ratings = [{"answer": answer["answer"], "criterion": criterion["name"], "rating": of(answer["text"])}
                       for answer in task["answers"] for criterion in task["criteria"]]
            task = self.post("ratings/task", {"task": task["task"], "ratings": ratings, "seconds": 1.5}, token=token)
        return shown

    def test_4_people_rate(self):
        answers = [run["spec"]["run_id"] for run in self.get("jobs/{job_id}", job_id=self.impact)["runs"]]
        made = self.post("ratings/campaigns", {"name": "first", "jobs": [str(self.impact)], "raters": RATERS, "seed": "7"})
        campaign = made["campaign"]["campaign_id"]
        self.assertEqual(made["campaign"]["runs"], answers)
        tokens = {token["name"]: token["token"] for token in made["tokens"]}
        first = self.get("ratings/task", token=tokens["anna"])
        self.assertNotIn("mistral", json.dumps(first))
        self.assertNotIn("llama", json.dumps(first))
        incomplete = {"task": first["task"], "ratings": [{"answer": first["answers"][0]["answer"], "criterion": "relevance", "rating": 3}]}
        self.assertIn("is missing", self.ask("POST", "/api/v1/ratings/task", incomplete, tokens["anna"], 400)["message"])
        self.ask("GET", "/api/v1/ratings/task", token=tokens["anna"] + "x", status=401)
        # All rate alike, by the answer's length, but for one who adds something now and then.
        shown = {name: self.rate(token, lambda text: 1 + len(text) % 4 + (name == "ben" and len(text) % 3 == 0))
                 for name, token in tokens.items()}
        self.assertLessEqual(max(map(len, shown.values())) - min(map(len, shown.values())), 1)
        undone = self.post("ratings/undo", token=tokens["anna"])
        self.assertEqual((undone["finished"], len(undone["ratings"])), (False, 2))
        self.assertEqual(undone["task"], shown["anna"][-1]["task"])
        ratings = [{**rating, "rating": 5} for rating in undone["ratings"]]
        self.assertTrue(self.post("ratings/task", {"task": undone["task"], "ratings": ratings}, token=tokens["anna"])["finished"])
        exported = self.get("ratings/campaigns/{campaign_id}/export", campaign_id=campaign)["ratings"]
        state = self.get("ratings/campaigns/{campaign_id}", campaign_id=campaign)
        self.assertEqual((len(exported), int(state["ratings_done"])), (int(state["ratings_wanted"]),) * 2)
        self.assertEqual({rating["rating"] for rating in exported if rating["task"] == undone["task"]}, {5})
        table = list(csv.DictReader(io.StringIO(self.service.run("ratings", "export", campaign, "--format", "csv").stdout)))
        self.assertEqual([int(row["rating"]) for row in table], [rating["rating"] for rating in exported])
        # Each model's answers are rated as often, by every rater.
        counts = {}
        for rating in exported:
            key = rating["rater"], rating["run_id"]
            counts[key] = counts.get(key, 0) + 1
        for run in answers:
            of_run = [counts.get((name, run), 0) for name in RATERS]
            self.assertLessEqual(max(of_run) - min(of_run), 2)  # two criteria
        agreement = self.get("ratings/campaigns/{campaign_id}/agreement", campaign_id=campaign, resamples=100)
        self.assertEqual([criterion["criterion"] for criterion in agreement["criteria"]], ["relevance", "coherence"])
        self.assertEqual(len(agreement["criteria"][0]["pairs"]), 3)
        self.assertEqual({model["model"] for model in agreement["criteria"][0]["models"]}, {"mistral", "llama"})
        self.assertIn("all people", self.service.run("ratings", "agreement", campaign).stdout)
        renewed = self.post("ratings/campaigns/{campaign_id}/renew", {"rater": "anna"}, campaign_id=campaign)
        self.ask("GET", "/api/v1/ratings/task", token=tokens["anna"], status=401)
        self.assertTrue(self.get("ratings/task", token=renewed["token"])["can_undo"])
        self.assertTrue(self.post("ratings/campaigns/{campaign_id}/close", campaign_id=campaign)["closed"])
        self.ask("POST", "/api/v1/ratings/undo", token=renewed["token"], status=409)
        self.assertEqual(len(self.get("ratings/campaigns")["campaigns"]), 1)

    def test_5_in_pairs_by_the_command_line(self):
        made = self.service.json("ratings", "create", "--job", self.impact, "--raters", "dora,emil", "--pairs", "--answers", 2)
        token = made["raters"][0]["link"].rsplit("/", 1)[1]
        task = self.get("ratings/task", token=token)
        self.assertLessEqual(len(task["answers"]), 2)
        self.assertEqual(len({answer["answer"] for answer in task["answers"]}), len(task["answers"]))
        again = self.service.run("ratings", "create", "--job", self.impact, "--raters", "dora,emil", check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("already", again.stderr)

    def test_6_every_path_was_asked(self):
        described = {(method.upper(), path.removeprefix("/api/v1/"))
                     for path, operations in self.description["paths"].items() for method in operations}
        self.assertEqual(described - self.asked, set())

    def test_7_the_description_is_sound(self):
        if openapi_spec_validator is None:
            self.skipTest("openapi-spec-validator is missing: tests/system/fetch_openapi_validator fetches it")
        openapi_spec_validator.validate(self.description)

    def test_8_the_page_and_the_metrics_share_the_port(self):
        with urllib.request.urlopen(self.base + "/metrics", timeout=10) as answer:
            self.assertIn(b"assay_build_info", answer.read())
        with urllib.request.urlopen(self.base + "/", timeout=10) as answer:
            self.assertIn(answer.headers["Content-Type"].split(";")[0], ("text/html", "text/plain"))
            self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
        self.assertIn(self.base, self.service.log())

    def test_9_commands_answer_in_json_and_csv(self):
        # What is controlled first has not ended by then.
        job = self.service.submit("--shots", 0, "--shard-items", 1, benchmark="impact,mmlu", model="mistral,llama")
        commands = [
            f"pause {job}", f"priority {job} 3", f"resume {job}", f"cancel {job}", "dataset list", "model list", "model show llama",
            "model facts list", "benchmark list", "benchmark show bbh", "jobs", f"results {self.mmlu}", f"watch {self.mmlu}",
            f"predictions {self.mmlu}", f"compare run:{self.runs[0]} run:{self.runs[1]}", "estimate --model llama --benchmark mmlu",
            "leaderboard", "baseline list", "workers", "token list", "limit list", "audit", "job deleted", "ratings list",
            "ratings show 1", "ratings export 1", "ratings agreement 1", "model facts set llama parameters=1b",
            f"dataset import mmlu {SAMPLE_DATA / 'mmlu'}", f"job delete {job} --yes", "token create json --user json", "token revoke json",
        ]
        for words in commands:
            with self.subTest(words):
                json.loads(self.service.run(*words.split(), "--format", "json").stdout)
        for words in ("jobs", "benchmark show bbh", "model facts set llama parameters=2b"):
            rows = list(csv.reader(io.StringIO(self.service.run(*words.split(), "--format", "csv").stdout)))
            self.assertGreater(len(rows), 1)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})


if __name__ == "__main__":
    unittest.main()
