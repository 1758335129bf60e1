"""lm-evaluation-harness with its `hf` backend, called as the harness calls it; the best of several batch sizes counts."""

import time

import lm_eval
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

import peer


class LmEval:
    def __init__(self, settings):
        torch.set_num_threads(settings["threads"])
        self.lm = HFLM(pretrained=settings["model"], device="cpu", dtype=settings["precision"], batch_size=1,
                       max_length=settings["context"])
        self.versions = {"lm_eval": lm_eval.__version__, "torch": torch.__version__}

    def score(self, requests):
        instances = [Instance(request_type="loglikelihood", doc={}, arguments=(request.prompt, choice), idx=index)
                     for request in requests for index, choice in enumerate(request.choices)]
        scores = iter([score for score, _ in self.lm.loglikelihood(instances, disable_tqdm=True)])
        predictions = []
        for request in requests:
            own = [next(scores) for _ in request.choices]
            predictions.append(peer.Prediction(request.id, choice=own.index(max(own)), scores=own))
        return predictions

    def generate(self, requests):
        instances = [Instance(request_type="generate_until", doc={}, idx=0, arguments=(
            request.prompt, {"until": [], "do_sample": False, "max_gen_toks": request.max_new_tokens})) for request in requests]
        texts = self.lm.generate_until(instances, disable_tqdm=True)
        return [peer.Prediction(request.id, text=text, token_ids=self.lm.tok_encode(text, add_special_tokens=False))
                for request, text in zip(requests, texts)]

    def run(self, requests, options):
        best = {}
        seconds_by_size = {}
        for size in options.get("batch_sizes", [1]):
            self.lm.batch_size_per_gpu = size
            begin = time.monotonic()
            predictions = (self.generate if requests[0].choices is None else self.score)(requests)
            seconds = time.monotonic() - begin
            seconds_by_size[size] = seconds
            if not best or seconds < best["run_seconds"]:
                best = {"predictions": predictions, "run_seconds": seconds, "batch_size": size}
        predictions = best.pop("predictions")
        return predictions, {**best, "seconds_by_batch_size": seconds_by_size}


if __name__ == "__main__":
    peer.main(LmEval)
