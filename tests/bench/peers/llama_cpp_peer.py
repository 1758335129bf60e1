"""llama.cpp through llama-cpp-python. Its prefix cache is the one that Llama.generate has built in: the tokens that a prompt has
in common with the previous one are not computed again, so requests are run in the order of their token ids. (LlamaRAMCache copies
the whole state for every prompt and finds nothing more in that order.)"""

import llama_cpp
import numpy

import peer


class LlamaCpp:
    def __init__(self, settings):
        threads = settings["threads"]
        self.stops = set(settings["stop_token_ids"])
        self.llama = llama_cpp.Llama(settings["model"], n_ctx=settings["context"], n_batch=2048, n_ubatch=512, n_threads=threads,
                                     n_threads_batch=threads, verbose=False)
        self.versions = {"llama_cpp_python": llama_cpp.__version__}

    def last_logits(self):
        pointer = llama_cpp.llama_get_logits_ith(self.llama.ctx, -1)
        return numpy.ctypeslib.as_array(pointer, shape=(self.llama.n_vocab(),))

    def score(self, request):
        # One step of generate: it computes what the prompt does not share with the previous one.
        next(self.llama.generate(request.prompt_ids, temp=0.0, repeat_penalty=1.0))
        logits = self.last_logits().astype(numpy.float64)
        log_sum = numpy.logaddexp.reduce(logits)
        scores = [float(logits[choice[0]] - log_sum) for choice in request.choice_ids]
        return peer.Prediction(request.id, choice=scores.index(max(scores)), scores=scores)

    def generate(self, request):
        token_ids = []
        for token in self.llama.generate(request.prompt_ids, temp=0.0, repeat_penalty=1.0):
            if token in self.stops:
                break
            token_ids.append(token)
            if len(token_ids) == request.max_new_tokens:
                break
        text = self.llama.detokenize(token_ids, prev_tokens=request.prompt_ids).decode("utf-8", errors="replace")
        return peer.Prediction(request.id, text=text, token_ids=token_ids)

    def run(self, requests, options):
        ordered = sorted(requests, key=lambda request: request.prompt_ids)
        return [(self.generate if r.choices is None else self.score)(r) for r in ordered], {}


if __name__ == "__main__":
    peer.main(LlamaCpp)
