"""Makes js/tokenizers/legacy/moses-characters.js: the characters that Moses' tokenizer counts as letters, digits and
small letters. They are those of the Perl that sacremoses' lists were made with, without ideographs and Hangul, and with
the signs that join letters in Indic scripts. So no property of a newer Unicode stands for them.

    python tools/generate-moses.py      needs sacremoses 0.2.0
"""

import pathlib

from sacremoses.tokenize import MosesTokenizer

OUT = pathlib.Path(__file__).parent / "../js/tokenizers/legacy/moses-characters.js"
SETS = {
    "ALNUM": ("letters, digits, and signs within words", MosesTokenizer.IsAlnum),
    "NUMBER": ("digits and other numbers", MosesTokenizer.IsN),
    "LOWER": ("small letters", MosesTokenizer.IsLower),
}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 112


def base36(number):
    return (base36(number // 36) if number >= 36 else "") + DIGITS[number % 36]


def runs(characters):
    """Each run of code points as its distance from the last one's end and, after a dot, its length less one."""
    out, end, codes = [], 0, sorted(set(map(ord, characters)))
    at = 0
    while at < len(codes):
        first = last = codes[at]
        while at + 1 < len(codes) and codes[at + 1] == last + 1:
            at, last = at + 1, last + 1
        out.append(base36(first - end) + (f".{base36(last - first)}" if last > first else ""))
        end, at = last, at + 1
    return out


def lines(words):
    out = [""]
    for word in words:
        if len(out[-1]) + len(word) > WIDTH:
            out.append("")
        out[-1] += word + " "
    out[-1] = out[-1][:-1]
    return out


def main():
    text = (
        "// Made by tools/generate-moses.py from sacremoses 0.2.0's lists: python tools/generate-moses.py. Runs of code\n"
        "// points, in base 36: the distance from the end of the run before it and, after a dot, the length less one.\n"
    )
    for name, (what, characters) in SETS.items():
        parts = " +\n".join(f"  '{line}'" for line in lines(runs(characters)))
        text += f"\n/** {what[0].upper()}{what[1:]}. */\nexport const {name} =\n{parts};\n"
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
