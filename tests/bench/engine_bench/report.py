"""The report, in Markdown: speeds with ratios, agreement, memory and start, what each optimization brings, and the machine."""

import itertools
import statistics

from engine_bench import ablation, agreement, ceiling, engines
from engine_bench.engines import OURS
from engine_bench.measurements import Spread

BEGIN = "<!-- results: begin -->"
END = "<!-- results: end -->"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def figure(value):
    """Three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values, unit=1.0):
    """"27.3 (26.9–27.5)"; one repetition has no spread."""
    text = figure(values.median / unit)
    if len(values.values) > 1:
        text += f" ({figure(min(values.values) / unit)}–{figure(max(values.values) / unit)})"
    return text


class Report:
    def __init__(self, measured, files, peers, conditions, machine):
        self.measured, self.files, self.conditions, self.machine = measured, files, conditions, machine
        self.peers = [p for p in peers if any(key.split()[0] == p.name for key in measured.results)]

    def precisions(self):
        seen = (key.split()[1] for key in self.measured.results if key.split()[0] == OURS.name)
        return list(dict.fromkeys(seen))

    def rows(self):
        """(files, precision) of what was measured of ours."""
        return [(f, p) for p in self.precisions() for f in self.files if self.measured.result(OURS, p, f.name)]

    def render(self):
        parts = [self.machine_text(), "### Speed\n", self.speed(), self.notes(), "### Agreement of predictions\n", self.agreement(),
                 "### Memory and start\n", self.memory_and_start()]
        if self.measured.ablation:
            parts += ["### What each setting brings\n", self.ablation()]
        return "\n".join(parts)

    def machine_text(self):
        lines = self.machine + [
            ("Model", self.conditions.models.gguf.name),
            ("Threads", f"{self.conditions.threads}, each process bound to as many processors"),
            ("Key-value cache", f"{self.conditions.kv_cache_mb} MiB, ours and vLLM"),
            ("vLLM's allocator", "tcmalloc" if engines.tcmalloc() else "the system's, for lack of tcmalloc"),
            ("Other processes", f"took {statistics.median(self.measured.others):.1%} of the processors in the median of the "
                                f"measurements, {max(self.measured.others):.1%} at most"),
            ("Versions", ", ".join(f"{name} {version}" for name, version in self.versions().items())),
        ]
        return "\n".join(f"- {name}: {value}" for name, value in lines) + "\n"

    def versions(self):
        versions = {}
        for key, result in self.measured.results.items():
            for name, version in result.get("versions", {}).items():
                versions[f"torch of {key.split()[0]}" if name == "torch" else name] = version
        return versions

    # Speed

    def speed(self):
        header = ["workload", "precision", "ours, items/s", *(p.title for p in self.peers), "ceiling, items/s", "share of it"]
        rows = []
        for files, precision in self.rows():
            ours = self.measured.speed(OURS, precision, files.name)
            most = self.ceiling(files, precision)
            rows.append([f"{files.title}, {len(files.requests)} items", precision, f"**{spread(ours)}**",
                         *(self.ratio(files, precision, peer) for peer in self.peers),
                         figure(most) if most else "–", f"{ours.median / most:.2f}" if most else "–"])
        return table(header, rows) + "\n"

    def ratio(self, files, precision, peer):
        theirs = self.measured.speed(peer, precision, files.name)
        if not theirs:
            return "–"
        result = self.measured.result(peer, precision, files.name)
        batch = f", batch {result['batch_size']}" if "batch_size" in result else ""
        agreed, needed = self.agreed(files, precision, peer)
        if not agreement.enough(agreed, needed):
            return f"void: the same in {agreed}, {needed:.2f} needed; {spread(theirs)} items/s{batch}"
        ours = self.measured.speed(OURS, precision, files.name)
        return f"**{figure(ours.median / theirs.median)} ×** {spread(theirs)}{batch}"

    def ceiling(self, files, precision):
        measured = self.measured.ceiling(precision)
        if measured is None:
            return None
        predictions = self.measured.result(OURS, precision, files.name)["predictions"]
        return len(predictions) / ceiling.least_seconds(measured, files.requests, predictions)

    def notes(self):
        lines = ["In a peer's column: our speed by its speed, and its items/s. Medians of the repetitions, with the lowest and "
                 "the highest. A ratio is void where the predictions do not agree (next table)."]
        slow = [p for p in self.peers if p.some_items]
        if slow:
            counts = "; ".join(f"{f.title}: {len(f.ids(f.some))}" for f in self.files)
            lines.append(f"Engines that compute every prompt whole ({', '.join(p.title for p in slow)}) ran evenly spaced items only, "
                         f"since an item costs them the same however many follow ({counts}).")
        lines.append(ceiling.FORMULA.replace("\n", " "))
        for precision in self.precisions():
            measured = self.measured.ceiling(precision)
            if measured:
                rates = ", ".join(f"[{s['columns']}, {s['depth']}] {figure(s['gflops'])}" for s in measured["layers"])
                lines.append(f"Measured in {precision}: {rates} GFLOP/s; {figure(measured['read_gigabytes_per_second'])} GB/s.")
        return "\n\n".join(lines) + "\n"

    # Agreement

    def pair(self, files, precision, one, other):
        results = [self.measured.result(engine, precision, files.name) for engine in (one, other)]
        return agreement.compare(*results, files.requests) if all(results) else None

    def agreed(self, files, precision, peer):
        """How far ours and the peer agree, and how far they must. Peers on the same library are no measure for each other."""
        others = [other for other in self.peers if other.environment != peer.environment]
        among = [self.pair(files, precision, peer, other) for other in others]
        return self.pair(files, precision, OURS, peer), agreement.needed(precision, [a for a in among if a])

    def agreement(self):
        header = ["workload", "precision", *(f"ours and {p.title}" for p in self.peers), "peers among each other",
                  "ours and our float32"]
        rows = []
        for files, precision in self.rows():
            cells = []
            for peer in self.peers:
                agreed, needed = self.agreed(files, precision, peer)
                cells.append(f"{agreed}, needed {needed:.2f}" if agreed else "–")
            among = [(a, b, self.pair(files, precision, a, b)) for a, b in itertools.combinations(self.peers, 2)]
            cells.append("; ".join(f"{a.title} and {b.title} {agreed}" for a, b, agreed in among if agreed) or "–")
            float32 = self.measured.result(OURS, "float32", files.name)
            ours = self.measured.result(OURS, precision, files.name)
            cells.append(str(agreement.compare(float32, ours, files.requests)) if float32 and precision != "float32" else "–")
            rows.append([files.title, precision, *cells])
        note = (f"The same letter; the same text; of generations of {agreement.LONG_GENERATION} tokens and more the same first "
                f"{agreement.HEAD_TOKENS} tokens. Needed in float32: {agreement.FLOAT32_AT_LEAST:.2f}. In bfloat16 engines differ "
                f"among each other: ours must agree with a peer as far as the least agreeing other peer on another library does, less "
                f"{agreement.BFLOAT16_ALLOWANCE}, and at least {agreement.BFLOAT16_AT_LEAST}.")
        return table(header, rows) + "\n\n" + note + "\n"

    # Memory and start

    def memory_and_start(self):
        precision = self.precisions()[0]
        header = [precision, "ours", *(p.title for p in self.peers)]
        rows = []
        for name, get, unit in (("peak resident memory, GiB", self.measured.peak, 2**30),
                                ("start to first prediction, s", self.measured.start, 1)):
            ours = get(OURS, precision)
            if not ours:
                continue
            theirs = [get(peer, precision) for peer in self.peers]
            rows.append([name, spread(ours, unit),
                         *(f"**{figure(ours.median / t.median)} ×** {spread(t, unit)}" if t else "–" for t in theirs)])
        weights = next(self.measured.result(OURS, precision, f.name)["weight_bytes"] for f in self.files)
        share = self.measured.peak(OURS, precision).median / (weights + self.conditions.kv_cache_mb * 2**20)
        note = (f"In a peer's column: ours by its figure. Peak: the most that a process had over all workloads. Ours is {share:.2f} × "
                f"the weights in {precision} ({weights / 2**20:.0f} MiB) and the cache's budget together. Start: a process with one "
                "request, its files in memory and its compiler's caches full.")
        return table(header, rows) + "\n\n" + note + "\n"

    # Ablation

    def ablation(self):
        files = [f for f in self.files if f" {f.name}" in self.measured.ablation]
        rows = []
        for variant in ("", *(name for name, _ in ablation.VARIANTS)):
            cells = []
            for f in files:
                speed = Spread(self.measured.ablation.get(f"{variant} {f.name}", []))
                base = Spread(self.measured.ablation[f" {f.name}"])
                ratio = f", {speed.median / base.median:.2f} ×" if variant and speed else ""
                cells.append(spread(speed) + ratio if speed else "–")
            peak = Spread(self.measured.ablation_peaks.get(variant, []))
            rows.append([variant or "as it is", *cells, figure(peak.median / 2**30) if peak else "–"])
        header = [self.precisions()[0] + ", items/s", *(f.title for f in files), "peak, GiB"]
        return table(header, rows) + "\n"


def write(text, path):
    """Into a file of its own, or between the markers of one that has them."""
    if path.exists():
        old = path.read_text(encoding="utf-8")
        if BEGIN in old and END in old:
            text = old[:old.index(BEGIN)] + BEGIN + "\n" + text + old[old.index(END):]
    path.write_text(text, encoding="utf-8")
