"""The 2,000 strings that make_tokenizer_variants.py tokenizes, the same at every run."""
import random

SEED = 20240711
COUNT = 2000

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "Answer the following question: what is 12 + 30?",
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n",
    "It's we'll they've I'd you're DON'T 'tis O'Neill's",
    "A. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\n",
    "Der schnelle braune Fuchs springt über den faulen Hund, größer als früher.",
    "El rápido zorro marrón salta sobre el perro perezoso; ¿verdad? ¡Sí!",
    "Le cœur a ses raisons que la raison ne connaît point.",
    "Быстрая коричневая лиса прыгает через ленивую собаку.",
    "Η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί.",
    "敏捷的棕色狐狸跳过了懒狗。今天天气很好,我们去公园吧!",
    "素早い茶色の狐がのろまな犬を飛び越える。カタカナもある。",
    "빠른 갈색 여우가 게으른 개를 뛰어넘습니다.",
    "الثعلب البني السريع يقفز فوق الكلب الكسول.",
    "השועל החום המהיר קופץ מעל הכלב העצלן.",
    "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है।",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "Con cáo nâu nhanh nhẹn nhảy qua con chó lười biếng.",
    "A gyors barna róka átugrik a lusta kutyán; Łódź, žluťoučký kůň",
    "$x^2 + \\frac{1}{2}\\sum_{i=0}^{n} a_i$ and E = mc² ½ Ⅷ ٣ ３",
    '{"key": [1, 2.5, null], "päth": "C:\\\\dir", "on": true}',
    "SELECT * FROM t WHERE a >= 10 AND b != 'x'; -- comment",
    "https://example.org/a_b-c?d=1&e=%20#f user@example.com",
    "CamelCaseWord snake_case_word kebab-case ALLCAPS 1,234,567.89",
    "The cat sat on the mat, and the evaluation of the models went on and on.",
]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "❤️", "🏳️‍🌈", "🤷🏿‍♀️", "1️⃣", "☃", "🥑🥑"]
SPACES = [" ", "  ", "   ", " " * 17, " " * 81, "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", " \n ", "\u00a0", "\u3000",
          "\u2003", "\u2028", "\u0085", "\u200b", "\v", "\f", "\u202f", "\ufeff"]
CONTROLS = [chr(c) for c in (0, 1, 2, 7, 8, 14, 27, 31, 127, 128, 159)]
COMBINING = ["e\u0301", "n\u0303", "a\u0323\u0302", "o\u0308\u0304", "\u1100\u1161\u11a8", "क्षि", "x\u0301\u0302\u0303\u0304",
             "ｱﾞ", "が", "か\u3099", "Å", "ﬁ", "①", "㍻", "™", "ＡＢＣ", "ｶﾞ", "ℌ", "\u0301start", "İ", "ß", "ẞ", "ς", "Ω"]
ODD = ["\ufffd", "\uffff", "\U0010ffff", "\U00020000", "\ue000", "\U0001d54f", "▁", "▁▁", " ▁", "▁the", "Ġ", "Ċ", "<0x41>", "<0x0A>",
       "\\x00", "&nbsp;", "\\u1234", "%00", "�", "##ing", "@@ ", "</w>", "<unk", "unk>", "<s", "[MASK", "{{", "}}"]
SPECIALS = ["<s>", "</s>", "<unk>", "<pad>", "<bos>", "<eos>", "<extra_id_0>", "<extra_id_99>", "<|endoftext|>", "<|im_start|>",
            "<|im_end|>", "[PAD]", "[gMASK]", "sop", "<sop>", "<n>", "<|tab|>", "<|blank_3|>", "<start_of_turn>", "<end_of_turn>",
            "<|begin_of_text|>", "<|eot_id|>", "<tool>", "<|extra_3|>", "<h1>", "<mask>"]
SCRIPTS = [(0x20, 0x7E), (0x20, 0x7E), (0xA1, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x620, 0x64A), (0x904, 0x939),
           (0xE01, 0xE3A), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F600, 0x1F64F), (0x300, 0x36F),
           (0x2000, 0x206F), (0xFF01, 0xFF5E), (0x1, 0x2FFFF)]


def _words(rng: random.Random) -> list:
    words = []
    for sentence in SENTENCES:
        words += sentence.split()
    rng.shuffle(words)
    return words


def _scribble(rng: random.Random) -> str:
    low, high = rng.choice(SCRIPTS)
    characters = []
    while len(characters) < rng.randint(1, 40):
        code = rng.randint(low, high)
        if not 0xD800 <= code <= 0xDFFF:
            characters.append(chr(code))
    return "".join(characters)


def _mixture(rng: random.Random, words: list) -> str:
    parts = []
    for _ in range(rng.randint(1, 14)):
        kind = rng.random()
        if kind < 0.45:
            parts.append(rng.choice(words))
        elif kind < 0.55:
            parts.append(_scribble(rng))
        else:
            parts.append(rng.choice(rng.choice([EMOJI, SPACES, CONTROLS, COMBINING, ODD, SPECIALS])))
        parts.append(rng.choice(["", "", " ", " ", " ", rng.choice(SPACES)]))
    return "".join(parts)


def make_strings() -> list:
    rng = random.Random(SEED)
    words = _words(rng)
    strings = ["", " ", "  ", "a", "\n", "\t", "\u0000"]
    strings += SENTENCES + EMOJI + SPACES + CONTROLS + COMBINING + ODD + SPECIALS
    for special in SPECIALS:
        strings += [f"a{special}b", f" {special} ", f"{special}{special}", f"one {special} two", f"{special}\nx"]
    for sentence in SENTENCES:
        strings += [" " + sentence, sentence + " ", sentence.replace(" ", "  "), sentence.upper(), sentence[::-1], sentence.replace(" ", "")]
    for text in ("a", "ab", "é", "中", "😀", "9", " ", "\n", "▁", "the", "\u0301", "-", "=", "aA"):
        strings += [text * n for n in (2, 3, 5, 16, 64, 257)]
    strings.append("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3000)))
    strings.append("word " * 600)
    while len(strings) < COUNT:
        strings.append(rng.choice([_mixture, _mixture, _mixture, lambda r, w: _scribble(r)])(rng, words))
    assert len(strings) == COUNT
    return strings


def training_lines() -> list:
    """What the small vocabularies are learned from."""
    rng = random.Random(SEED + 1)
    words = _words(rng)
    lines = list(SENTENCES) * 4
    lines += [" ".join(rng.choice(words) for _ in range(12)) for _ in range(400)]
    return [line for text in lines for line in text.split("\n") if line.strip()]
