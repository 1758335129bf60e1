#!/usr/bin/env python3
"""Writes the BBH-like sample tasks into the folder bbh/ beside this file. The same files every time."""

import datetime
import json
import pathlib
import random

EXAMPLES = 28


def boolean_expression(rng):
    """An expression of Python's and, or, not and parentheses, whose value Python tells."""

    def term(depth):
        if depth == 0:
            return rng.choice(["", "not "]) + rng.choice(["True", "False"])
        return rng.choice(["( {} )", "not ( {} )"]).format(expression(depth - 1))

    def expression(depth):
        terms = [term(rng.randint(0, depth)) for _ in range(rng.randint(2, 3))]
        text = terms[0]
        for other in terms[1:]:
            text += rng.choice([" and ", " or "]) + other
        return text

    text = expression(2)
    return f"{text} is", str(eval(text))  # our own text, of five words only


def date_shift(rng):
    """A date some days, weeks or months away from another one, in the American way of writing it."""
    today = datetime.date(rng.randint(1990, 2029), rng.randint(1, 12), rng.randint(1, 28))
    written = f"{today:%B} {today.day}, {today.year}"
    days, phrase = rng.choice(
        [(1, "tomorrow"), (-1, "yesterday"), (7, "one week from today"), (-7, "one week ago"),
         (10, "10 days from today"), (-10, "10 days ago"), (14, "two weeks from today")])
    wanted = today + datetime.timedelta(days=days)
    wrong = {today + datetime.timedelta(days=days + shift) for shift in (-9, -2, -1, 1, 2, 9, 30)}
    options = [wanted] + rng.sample(sorted(wrong), 4)
    rng.shuffle(options)
    lines = [f"({letter}) {option:%m/%d/%Y}" for letter, option in zip("ABCDE", options)]
    question = f"Today is {written}. What is the date {phrase} in MM/DD/YYYY?\nOptions:\n"
    return question + "\n".join(lines), f"({'ABCDE'[options.index(wanted)]})"


KINDS = {
    "fruits": ["apple", "banana", "peach", "plum", "orange"],
    "vegetables": ["carrot", "cabbage", "potato", "onion", "lettuce head"],
    "animals": ["goat", "duck", "rabbit", "cow", "snail"],
    "musical instruments": ["flute", "drum", "violin", "trumpet", "piano"],
}
NUMBERS = ["zero", "one", "two", "three", "four", "five"]


def plural(noun):
    if noun.endswith("peach"):
        return noun + "es"
    return noun[:-1] + "oes" if noun == "potato" else noun + "s"


def object_count(rng):
    """How many things of one kind there are in a list of things of two kinds."""
    kind, other = rng.sample(sorted(KINDS), 2)
    total = 0
    phrases = []
    for noun in rng.sample(KINDS[kind], rng.randint(2, 4)):
        count = rng.randint(1, 5)
        total += count
        phrases.append((noun, count))
    phrases += [(noun, rng.randint(1, 5)) for noun in rng.sample(KINDS[other], rng.randint(1, 3))]
    rng.shuffle(phrases)

    def phrase(noun, count):
        if count > 1:
            return f"{NUMBERS[count]} {plural(noun)}"
        return ("an " if noun[0] in "aeiou" else "a ") + noun

    things = [phrase(noun, count) for noun, count in phrases]
    listed = ", ".join(things[:-1]) + ", and " + things[-1]
    return f"I have {listed}. How many {kind} do I have?", str(total)


TASKS = {
    "boolean_expressions": boolean_expression,
    "date_understanding": date_shift,
    "object_counting": object_count,
}


def main():
    folder = pathlib.Path(__file__).resolve().parent / "bbh"
    folder.mkdir(exist_ok=True)
    for task, make in TASKS.items():
        rng = random.Random(task)
        examples = {}
        while len(examples) < EXAMPLES:
            question, answer = make(rng)
            examples.setdefault(question, answer)
        content = {"examples": [{"input": q, "target": a} for q, a in examples.items()]}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{task}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
