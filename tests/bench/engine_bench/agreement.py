"""Whether two engines predicted the same, which is asked before a speed counts."""

import dataclasses

HEAD_TOKENS = 16  # of long generations, so many are compared
LONG_GENERATION = 64
FLOAT32_AT_LEAST = 0.98
BFLOAT16_AT_LEAST = 0.5
BFLOAT16_ALLOWANCE = 0.1
FEW_ITEMS = 10  # fewer tell nothing of how far two engines agree


@dataclasses.dataclass(frozen=True)
class Agreement:
    same: int
    items: int

    @property
    def share(self):
        return self.same / self.items if self.items else 0.0

    def __str__(self):
        return f"{self.same}/{self.items} ({self.share:.2f})"


def key(prediction, request):
    """What must be equal: the letter; the text; of a long generation its first tokens."""
    if request["choices"] is not None:
        return prediction["choice"]
    if request["max_new_tokens"] >= LONG_GENERATION:
        return tuple(prediction["token_ids"][:HEAD_TOKENS])
    return prediction["text"]


def compare(one, other, requests):
    """Over the items that both predicted."""
    ones = {p["id"]: p for p in one["predictions"]}
    pairs = [(ones[p["id"]], p, requests[p["id"]]) for p in other["predictions"] if p["id"] in ones]
    return Agreement(sum(key(a, request) == key(b, request) for a, b, request in pairs), len(pairs))


def needed(precision, among_peers):
    """The share at which a speed counts. In float32 nearly all. In bfloat16 engines differ among each other, so
    ours may be as far from a peer as other peers are, and an allowance for the sample further."""
    if precision == "float32":
        return FLOAT32_AT_LEAST
    shares = [agreement.share for agreement in among_peers if agreement.items >= FEW_ITEMS]
    lowest = min(shares, default=BFLOAT16_AT_LEAST)
    return max(BFLOAT16_AT_LEAST, lowest - BFLOAT16_ALLOWANCE)


def enough(agreement, share):
    """One item may differ, unless there are few."""
    return agreement.share >= share or agreement.items >= FEW_ITEMS and agreement.same == agreement.items - 1
