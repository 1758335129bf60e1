"""The file format that the scripts for MMLU's golden prompts share."""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "deploy" / "sample_data" / "mmlu"


def digests(folder, prompts):
    """For each subject, in order, its number of prompts and the sha256 of all of them, each followed by a NUL byte."""
    names = [path.name.removesuffix("_test.csv") for path in (folder / "test").glob("*_test.csv")]
    result = {}
    for subject in sorted(names):
        texts = prompts(folder, subject)
        data = b"".join(text.encode() + b"\0" for text in texts)
        result[subject] = {"items": len(texts), "sha256": hashlib.sha256(data).hexdigest()}
    return result


def write(name, made_with, prompts, arguments):
    """Writes the golden file; `prompts(folder, subject)` gives the prompts of a subject's test rows."""
    content = {"made_with": made_with, "sample": digests(SAMPLE, prompts)}
    content["sample_prompts"] = {
        f"mmlu/{subject}/{row}": prompts(SAMPLE, subject)[row]
        for subject, row in [("elementary_mathematics", 9), ("nutrition", 10)]
    }
    if arguments:
        content["published"] = digests(pathlib.Path(arguments[0]), prompts)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (HERE / name).write_text(text, encoding="utf-8")
