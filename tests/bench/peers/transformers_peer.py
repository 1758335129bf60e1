"""Plain transformers, one prompt at a time, as INSTRUCTEVAL's reference implementation runs a model."""

import torch
import transformers

import peer


class Transformers:
    def __init__(self, settings):
        torch.set_num_threads(settings["threads"])
        self.stops = settings["stop_token_ids"]
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(settings["model"])
        precision = getattr(torch, settings["precision"])
        self.model = transformers.AutoModelForCausalLM.from_pretrained(settings["model"], dtype=precision)
        self.model.eval()
        self.versions = {"transformers": transformers.__version__, "torch": torch.__version__}

    @torch.inference_mode()
    def predict(self, request):
        ids = torch.tensor([request.prompt_ids])
        if request.choices is not None:
            logits = self.model(ids, use_cache=False, logits_to_keep=1).logits[0, -1].float()
            scores = torch.log_softmax(logits, dim=-1)[[choice[0] for choice in request.choice_ids]].tolist()
            return peer.Prediction(request.id, choice=scores.index(max(scores)), scores=scores)
        output = self.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False,
                                     max_new_tokens=request.max_new_tokens, eos_token_id=self.stops, pad_token_id=self.stops[0])
        token_ids = peer.without_stop(output[0, ids.shape[1]:].tolist(), self.stops)
        return peer.Prediction(request.id, text=self.tokenizer.decode(token_ids, skip_special_tokens=True), token_ids=token_ids)

    def run(self, requests, options):
        return [self.predict(request) for request in requests], {}


if __name__ == "__main__":
    peer.main(Transformers)
