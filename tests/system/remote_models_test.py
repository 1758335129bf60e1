"""Models behind an endpoint, by the command line: `assay up` with a worker that asks a fake endpoint. No model's files are needed."""

import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from fake_endpoint import KEY, MODEL, FakeEndpoint, logprob, tokens_of
from service import SAMPLE_DATA, Service, wait_until

FAILED, USAGE = 1, 2


class RemoteModelsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["FAKE_API_KEY"] = KEY
        os.environ["WRONG_API_KEY"] = "sk-wrong-9876543210"
        cls.service = Service(workers=1, options=["--remote-item-seconds", "8", "--remote-request-seconds", "2"])
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        for benchmark in ("mmlu", "bbh", "hhh", "crass", "impact"):
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)

    def add(self, name, endpoint, *options, key="FAKE_API_KEY", model=MODEL):
        return self.service.run("model", "add", name, "--endpoint", endpoint.url + "/", "--remote-model", model,
                                "--api-key-env", key, *options)

    def submit(self, model, benchmark, *options):
        return self.service.submit(*options, model=model, benchmark=benchmark)

    def evaluate(self, model, benchmark, *options):
        job = self.submit(model, benchmark, *options)
        # The command fails where items are stored as errors.
        self.service.run("watch", job, check=False)
        self.assertEqual(self.service.job(job)["state"], "completed")
        return job

    def fails(self, model, benchmark, *options):
        """The error of a run that fails at once."""
        result = self.service.run("eval", "--model", model, "--benchmark", benchmark, *options, check=False, timeout=60)
        self.assertEqual(result.returncode, FAILED, result.stderr)
        job = max(job["job_id"] for job in self.service.json("jobs")["jobs"])
        (run,) = self.runs(job)
        self.assertEqual(run["state"], "failed")
        return run["error"]

    def runs(self, job):
        return self.service.json("results", job)["runs"]

    def predictions(self, job):
        return self.service.json("predictions", job)["predictions"]

    def logs(self):
        return "\n".join(path.read_text(errors="replace") for path in self.service.data.glob("log/*.log"))

    def test_a_run_loses_nothing_though_one_answer_in_four_fails(self):
        faults = ["429", "500", "reset", "half", "utf8", "empty"]
        failed = collections.Counter()  # by question

        def fault(count, body):
            question = json.dumps(body)
            # Four in a row would use up the time that an item has.
            if count % 4 != 3 or failed[question] == 2:
                return None
            failed[question] += 1
            return faults[count // 4 % len(faults)]

        with FakeEndpoint(fault,
                          answer=lambda prompt: "B" if len(prompt) % 2 else "C. Because é") as endpoint:
            self.add("flaky", endpoint, "--price-input", 2, "--price-output", 8, "--concurrency", 6)
            job = self.evaluate("flaky", "mmlu,bbh")
        self.assertGreater(len(endpoint.faults), 10)
        self.assertEqual(set(endpoint.faults), set(faults))
        self.assertLessEqual(endpoint.most_at_once, 6)
        self.assertGreater(endpoint.most_at_once, 1)
        runs = self.runs(job)
        predictions = self.predictions(job)
        self.assertEqual(len(predictions), sum(run["items"] for run in runs))
        self.assertEqual(len({(p["benchmark"], p["item_id"]) for p in predictions}), len(predictions))
        for prediction in predictions:
            self.assertEqual(prediction["error"], "")
            self.assertIn(prediction["output"], ("B", "C. Because é"))
            right = prediction["output"].startswith(prediction["target"])
            self.assertEqual(prediction["verdict"], "correct" if right else "wrong")
        # Tokens are those that the endpoint told, and money follows from them.
        self.assertEqual(sum(run["prompt_tokens"] for run in runs), endpoint.prompt_tokens)
        self.assertEqual(sum(run["generated_tokens"] for run in runs), endpoint.generated_tokens)
        for run in runs:
            self.assertEqual((run["state"], run["items_failed"]), ("completed", 0))
            cost = (2 * run["prompt_tokens"] + 8 * run["generated_tokens"]) / 1e6
            self.assertAlmostEqual(run["cost"], cost)
            manifest = run["manifest"]
            self.assertAlmostEqual(manifest["cost"]["amount"], cost)
            self.assertEqual(manifest["engine"], "openai/1")
            self.assertEqual(manifest["model"]["remote"]["model"], MODEL)
            self.assertFalse(manifest["bit_reproducible"])
        self.assertIn(" cost 0.", self.service.run("results", job).stdout)

    def test_a_bad_key_fails_the_run_at_once_and_is_nowhere_to_be_seen(self):
        with FakeEndpoint() as endpoint:
            self.add("wrong-key", endpoint, key="WRONG_API_KEY")
            error = self.fails("wrong-key", "mmlu")
            self.assertLess(endpoint.count, 20)
        self.assertIn("does not accept the key (HTTP 401: Incorrect API key provided: [key])", error)
        for text in (error, self.logs(), self.command_lines(), self.database()):
            self.assertNotIn("sk-wrong", text)
            self.assertNotIn(KEY, text)

    def command_lines(self):
        return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout

    def database(self):
        """What the data folder's files hold, the database's among them."""
        found = []
        for path in self.service.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                found += [str(path) + " sk-wrong"] if b"sk-wrong" in content else []
                found += [str(path) + " " + KEY] if KEY.encode() in content else []
        return "\n".join(found)

    def test_an_unknown_model_and_a_key_that_is_missing(self):
        with FakeEndpoint() as endpoint:
            self.add("unknown", endpoint, model="nosuch-7")
            self.add("no-key", endpoint, key="NOSUCH_API_KEY")
            for name, words in (("unknown", "The model `nosuch-7` does not exist"), ("no-key", "NOSUCH_API_KEY")):
                self.assertIn(words, self.fails(name, "crass"))

    def test_items_that_cannot_be_answered_are_errors_and_the_run_goes_on(self):
        def misbehave(_, body):
            prompt = body["messages"][0]["content"]
            return "500" if len(prompt) % 7 == 0 else "filter" if len(prompt) % 7 == 1 else None

        with FakeEndpoint(misbehave) as endpoint:
            self.add("partly", endpoint, "--concurrency", 16)
            job = self.evaluate("partly", "mmlu")
        predictions = self.predictions(job)
        (run,) = self.runs(job)
        errors = [p for p in predictions if p["error"]]
        self.assertEqual(run["items_failed"], len(errors))
        self.assertEqual(run["items_done"], run["items"])
        self.assertTrue(any("HTTP 500: The server had an error" in p["error"] for p in errors))
        self.assertTrue(any("content filter" in p["error"] for p in errors))
        self.assertTrue(any(p["output"] == "A" for p in predictions))
        for prediction in errors:
            self.assertEqual(prediction["verdict"], "error")

    def test_an_answer_without_end_and_one_without_beginning(self):
        with FakeEndpoint(lambda count, body: {0: "huge", 1: "hang"}.get(count)) as endpoint:
            self.add("extremes", endpoint)
            job = self.evaluate("extremes", "crass")
        predictions = self.predictions(job)
        errors = [p["error"] for p in predictions if p["error"]]
        self.assertEqual(len(errors), 1)  # what hung was asked again
        self.assertIn("larger than", errors[0])

    def test_choices_are_compared_by_echoed_log_probabilities(self):
        with FakeEndpoint() as endpoint:
            self.add("scorer", endpoint, "--api", "completions")
            job = self.evaluate("scorer", "mmlu", "--protocol", "lm-eval")
            hhh = self.evaluate("scorer", "hhh")
        for prediction in self.predictions(job):
            self.assertEqual(prediction["choice_loglikelihoods"], {c: logprob(c) for c in "ABCD"})
            self.assertEqual(prediction["verdict"], "correct" if prediction["target"] == best("ABCD") else "wrong")
            self.assertEqual(prediction["prompt_tokens"], 4 * len(tokens_of(prediction["prompt"] + " A")))
        for prediction in self.predictions(hhh):
            self.assertEqual(list(prediction["choice_loglikelihoods"]), ["A", "B", "A#2", "B#2"])

    def test_protocols_that_an_endpoint_cannot_do(self):
        with FakeEndpoint(logprobs=False) as endpoint:
            self.add("chat", endpoint)
            result = self.service.run("eval", "--model", "chat", "--benchmark", "hhh", check=False)
            self.assertEqual(result.returncode, USAGE)
            self.assertIn("--api completions", result.stderr)
            self.add("no-logprobs", endpoint, "--api", "completions")
            self.assertIn("this endpoint gives no log-probabilities", self.fails("no-logprobs", "hhh"))

    def test_rate_limits_hold(self):
        with FakeEndpoint() as endpoint:
            self.add("slow", endpoint, "--requests-per-minute", 120)
            job = self.submit("slow", "crass")
            wait_until(lambda: self.service.job(job)["state"] == "completed", 60, "the job is done")
            (run,) = self.runs(job)
            self.assertEqual(run["items_failed"], 0)
            # Two a second after the first two.
            self.assertGreaterEqual(seconds_of(run), (run["items"] - 2) / 2 - 1)

    def test_one_command_has_answers_written_and_judged(self):
        with FakeEndpoint(answer=lambda prompt: "3" if "relevan" in prompt else "4 - proficient") as endpoint:
            self.add("writer", endpoint)
            options = ["eval", "--model", "writer", "--benchmark", "impact", "--judge", "writer"]
            answers, *reviews = self.service.json(*options)["runs"]
            self.assertEqual([run["judged_run"] for run in reviews], [answers["run_id"]] * 2)
            self.assertEqual({run["protocol"]: run["metrics"][0]["value"] for run in reviews},
                             {"judge-relevance": 3, "judge-coherence": 4})
            row = self.service.json("leaderboard", "--view", "writing", "--template", "chat")["rows"][0]
            self.assertEqual((row["model"], row["scores"]["impact/relevance"]["value"]), ("writer", 3))
            # Nobody watches these.
            jobs = len(self.service.json("jobs")["jobs"])
            self.service.json(*options, "--detach", "--judge-parser", "instructeval")
            wait_until(lambda: [job["state"] for job in self.service.json("jobs")["jobs"]][:-jobs] == ["completed"] * 2, 60,
                       "both jobs are done")
            for words, benchmark, judge in (("none of the benchmarks", "crass", "writer"), ("nobody", "impact", "nobody")):
                result = self.service.run("eval", "--model", "writer", "--benchmark", benchmark, "--judge", judge, check=False)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(words, result.stderr)

    def test_registration(self):
        with FakeEndpoint() as endpoint:
            self.assertIn("added: fake-1 at " + endpoint.url, self.add("twice", endpoint).stdout)
            self.assertIn("was added before", self.add("twice", endpoint, "--price-input", 3).stdout)
            model = next(m for m in self.service.json("model", "list")["models"] if m["name"] == "twice")
            self.assertEqual((model["format"], model["path"]), ("openai", endpoint.url))
            self.assertEqual(model["remote"]["input_price"], 3)
            for words, options in (("another endpoint", ["--endpoint", "http://other/v1", "--remote-model", MODEL]),
                                   ("another endpoint", ["--endpoint", endpoint.url, "--remote-model", "x"]),
                                   ("https:// or http://", ["--endpoint", "host/v1", "--remote-model", "x"]),
                                   ("--remote-model", ["--endpoint", endpoint.url]),
                                   ("_API_KEY", ["--endpoint", endpoint.url, "--remote-model", "x", "--api-key-env", "sk-1"]),
                                   ("concurrency", ["--endpoint", endpoint.url, "--remote-model", "x", "--concurrency", 0])):
                result = self.service.run("model", "add", "twice", *options, check=False)
                self.assertNotEqual(result.returncode, 0, options)
                self.assertIn(words, result.stderr)

    def test_the_plan_tells_the_cost(self):
        with FakeEndpoint() as endpoint:
            self.add("priced", endpoint, "--price-input", 1000, "--price-output", 1000)
            options = ["eval", "--model", "priced", "--benchmark", "crass", "--dry-run"]
            (plan,) = self.service.json(*options)["runs"]
            self.assertAlmostEqual(plan["cost"], (plan["prompt_tokens"] + plan["generated_tokens"]) / 1000)
            self.assertIn("costs about", self.service.run(*options).stdout)
            self.assertEqual(endpoint.count, 0)


class Authority:
    """A certificate authority of our own, made with openssl."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.file)

    def sign(self, name, subject="IP:127.0.0.1", days=2):
        """A file with a key and a certificate for `subject`."""
        key, request, certificate, extensions = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt", "ext"))
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={subject}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                "-extfile", extensions, "-out", certificate)
        both = self.folder / f"{name}.both"
        both.write_text(key.read_text() + certificate.read_text())
        return both


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["FAKE_API_KEY"] = KEY
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-https-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.ours = Authority(cls.folder, "ours")
        cls.service = Service(workers=1, options=["--remote-item-seconds", "3", "--ca-file", cls.ours.file])
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.run("dataset", "import", "crass", SAMPLE_DATA / "crass")

    def evaluate(self, name, url):
        self.service.run("model", "add", name, "--endpoint", url, "--remote-model", MODEL, "--api-key-env", "FAKE_API_KEY")
        result = self.service.run("eval", "--model", name, "--benchmark", "crass", check=False, timeout=60)
        (run,) = self.service.json("results", max(job["job_id"] for job in self.service.json("jobs")["jobs"]))["runs"]
        return result.returncode, run

    def test_a_certificate_of_the_own_authority_is_trusted(self):
        with FakeEndpoint(certificate=self.ours.sign("good")) as endpoint:
            code, run = self.evaluate("good", endpoint.url)
        self.assertEqual((code, run["state"], run["items_failed"]), (0, "completed", 0))
        self.assertEqual(endpoint.count, run["items"])

    def test_certificates_that_are_not_trusted_fail_the_run_at_once(self):
        others = Authority(self.folder, "others")
        for name, certificate, reason in (
                ("of-others", others.sign("of-others"), "unable to get local issuer certificate"),
                ("elsewhere", self.ours.sign("elsewhere", subject="DNS:elsewhere.example"), "no alternative certificate subject name"),
                ("expired", self.ours.sign("expired", days=0), "certificate has expired")):
            with self.subTest(name), FakeEndpoint(certificate=certificate) as endpoint:
                code, run = self.evaluate(name, endpoint.url)
                self.assertEqual((code, run["state"], endpoint.count), (FAILED, "failed", 0))
                self.assertIn("the endpoint's certificate is not trusted", run["error"])
                self.assertIn(reason, run["error"])
                self.assertIn("--ca-file", run["error"])

    def test_an_endpoint_that_speaks_no_https(self):
        with FakeEndpoint() as endpoint:
            code, run = self.evaluate("plain", endpoint.url.replace("http:", "https:"))
        self.assertEqual((code, run["state"], endpoint.count), (FAILED, "failed", 0))
        self.assertIn("SSL", run["error"])


def best(choices):
    return max(choices, key=logprob)


def seconds_of(run):
    times = [datetime.datetime.fromisoformat(run[name].replace("Z", "+00:00")) for name in ("started", "finished")]
    return (times[1] - times[0]).total_seconds()


if __name__ == "__main__":
    unittest.main()
