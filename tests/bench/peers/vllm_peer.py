"""vLLM for CPU: prefix caching on, all prompts of a file in one call."""

import torch
import vllm

import peer


class Vllm:
    def __init__(self, settings):
        self.stops = settings["stop_token_ids"]
        self.llm = vllm.LLM(model=settings["model"], dtype=settings["precision"], enable_prefix_caching=True,
                            max_model_len=settings["context"], generation_config="vllm", disable_log_stats=True,
                            # Compiling makes it faster, and its start much longer.
                            enforce_eager=settings["start"])
        self.versions = {"vllm": vllm.__version__, "torch": torch.__version__}

    def parameters(self, request):
        if request.choices is None:
            return vllm.SamplingParams(temperature=0.0, max_tokens=request.max_new_tokens, stop_token_ids=self.stops)
        # The likeliest of the choices is the likeliest token when no other is allowed.
        letters = [ids[0] for ids in request.choice_ids]
        return vllm.SamplingParams(temperature=0.0, max_tokens=1, allowed_token_ids=letters, detokenize=False)

    def prediction(self, request, output):
        completion = output.outputs[0]
        token_ids = list(completion.token_ids)
        if request.choices is not None:
            return peer.Prediction(request.id, choice=[ids[0] for ids in request.choice_ids].index(token_ids[0]))
        return peer.Prediction(request.id, text=completion.text, token_ids=peer.without_stop(token_ids, self.stops))

    def run(self, requests, options):
        self.llm.reset_prefix_cache()
        outputs = self.llm.generate([{"prompt_token_ids": request.prompt_ids} for request in requests],
                                    [self.parameters(request) for request in requests], use_tqdm=False)
        return [self.prediction(request, output) for request, output in zip(requests, outputs)], {}


if __name__ == "__main__":
    peer.main(Vllm)
