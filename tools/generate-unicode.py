"""Makes wasm/text/unicode_tables.cpp by asking the reference about every code point.

The Unicode data that a tokenizer sees is whatever its reference was compiled with, and the reference mixes several
versions (normal forms of Unicode 9, categories of an older crate, case and white space of its Rust, classes of its
regex engines). So this asks the reference itself: PyPI `tokenizers`, version pinned below; canonical combining
classes, which it never shows, come from Python's unicodedata for the characters that the reference reorders.

  pip install tokenizers==0.23.3 && python3 tools/generate-unicode.py > wasm/text/unicode_tables.cpp
"""
import struct
import sys
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

REFERENCE = "0.23.3"
if tokenizers.__version__ != REFERENCE:
    sys.exit(f"this generator reads tokenizers {REFERENCE}, found {tokenizers.__version__}")

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
ALL = "".join(map(chr, POINTS))
BLOCK = 128

# The bits of a record; wasm/text/unicode.h has the same list.
WHITE_SPACE, OTHER, PUNCTUATION, NONSPACING, MARK, WORD, NUMERIC, CJK = (1 << i for i in range(8))
LOWER, NFD, NFKD, COMPOSES, COMPOSITE, EXTENDS = (1 << i for i in range(8, 14))
CATEGORY_SHIFT, CLASS_SHIFT = 16, 24
CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()


def mapped(normalizer):
    """{code point: its image} where the image differs."""
    out = {}
    for c in POINTS:
        image = normalizer.normalize_str(chr(c))
        if image != chr(c):
            out[c] = image
    return out


def dropped(normalizer):
    return {c for c, image in mapped(normalizer).items() if image == ""}


def matching(pattern):
    """Code points that a regex of one character matches, through the reference's regex engine."""
    runs = pre_tokenizers.Split(Regex(pattern), "removed", invert=True).pre_tokenize_str(ALL)
    return {POINTS[i] for _, (begin, end) in runs for i in range(begin, end)}


def cut_off(pre_tokenizer):
    """Code points that the pre-tokenizer isolates from a letter before them."""
    return {c for c in POINTS if len(pre_tokenizer.pre_tokenize_str("a" + chr(c))) > 1}


def extending():
    """Code points that belong to the grapheme cluster before them, through Precompiled: it looks up clusters of fewer than
    six bytes whole, and an entry for a beginning swallows the rest. With one entry, U+00B2 -> 2, U+0301 behind it is
    swallowed unless a further character makes the cluster longer."""
    units = [0] * 1024  # a double array (Darts) with the key C2 B2: offset << 10 | has a value << 8 | label
    units[0] = 1 << 10
    units[1 ^ 0xC2] = 0x100 << 10 | 0xC2
    units[1 ^ 0xC2 ^ 0x100 ^ 0xB2] = 0x200 << 10 | 1 << 8 | 0xB2
    units[1 ^ 0xC2 ^ 0x100 ^ 0xB2 ^ 0x200] = 1 << 31
    blob = struct.pack("<1024I", *units)
    normalizer = normalizers.Precompiled(struct.pack("<I", len(blob)) + blob + b"2\0")
    if normalizer.normalize_str("\u00b2\u0301a") != "2a":
        sys.exit("Precompiled does not swallow what is behind an entry")
    return {c for c in POINTS if c >= 0x80 and normalizer.normalize_str("\u00b2\u0301" + chr(c))[1:2] == "\u0301"}


def bert(**on):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**options, **on})


def reorders(before, after):
    text = chr(before) + chr(after)
    return normalizers.NFD().normalize_str("a" + text) == "a" + text[::-1]


def combining_classes(decomposed):
    """Classes of what the reference reorders; U+0334 has class 1 and U+0345 the highest, 240."""
    out = {}
    for c in POINTS:
        if c in decomposed:
            continue
        k = unicodedata.combining(chr(c))
        if c == 0x334 or reorders(c, 0x334) or reorders(0x345, c):
            if not k:
                sys.exit(f"the reference reorders U+{c:04X}, whose combining class this Python does not know")
            out[c] = k
    return out


def composites(decomposed):
    """Characters that NFC makes of their own decomposition: {composed: the second of its two halves}. The first half
    is what the rest composes to, so the table of pairs is made of the decompositions at run time."""
    nfc = normalizers.NFC()
    out = {}
    for c, parts in decomposed.items():
        if 0xAC00 <= c < 0xD7A4 or len(parts) < 2 or nfc.normalize_str(parts) != chr(c):
            continue
        if len(nfc.normalize_str(parts[:-1])) != 1:
            sys.exit(f"U+{c:04X} composes from more than two characters")
        out[c] = ord(parts[-1])
    return out


def lower_ranges(lower):
    """[first, last, stride, delta]; consecutive or every second code point with the same distance."""
    ranges = []
    for c in sorted(lower):
        if len(lower[c]) != 1:
            if c != 0x130:
                sys.exit(f"U+{c:04X} lowercases to several characters")
            continue
        delta = ord(lower[c]) - c
        last = ranges[-1] if ranges else None
        if last and last[3] == delta and c - last[1] in (1, 2) and last[2] in (0, c - last[1]):
            last[1], last[2] = c, c - last[1]
        else:
            ranges.append([c, c, 0, delta])
    return [[a, b, s or 1, d] for a, b, s, d in ranges]


def write_array(kind, name, values):
    lines, line = [], " "
    for v in values:
        word = f" {v},"
        if len(line) + len(word) > 118:
            lines.append(line)
            line = " "
        line += word
    lines.append(line)
    print(f"const {kind} {name}[] = {{\n" + "\n".join(lines) + "\n};")


def scripts():
    """[first, number] for each run of code points whose script UnicodeScripts takes for the same, numbered as they are
    met; 0 is what belongs to the script before it. Neighbours of one script stay together; what is of none vanishes
    when it stands alone."""
    pre = pre_tokenizers.UnicodeScripts()
    joined = lambda a, b: len(pre.pre_tokenize_str(chr(a) + chr(b))) == 1
    members = []  # of each script, one
    runs, last, number = [], None, 0
    for c in POINTS:
        if not pre.pre_tokenize_str(chr(c)):
            here = 0
        elif number and joined(last, c):
            here = number
        else:
            here = next((i + 1 for i, m in enumerate(members) if joined(m, c)), None)
            if here is None:
                members.append(c)
                here = len(members)
        if not runs or runs[-1][1] != here:
            runs.append([c, here])
        last, number = c, here
    return runs


def variable_length(number):
    """LEB128: seven bits a byte, the lowest first."""
    out = []
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return out + [number]


def write_decompositions(name, table):
    """Keys in order as distances to the one before, lengths of their images, and the images in UTF-8. Distances and
    lengths instead of keys and offsets take a tenth of the room once compressed."""
    keys, lengths, pool, before = [], [], b"", 0
    for c in sorted(table):
        keys += variable_length(c - before)
        before = c
        lengths.append(len(table[c].encode()))
        pool += table[c].encode()
    write_array("uint8_t", f"k{name}Distances", keys)
    write_array("uint8_t", f"k{name}Lengths", lengths)
    write_array("char", f"k{name}Text", [b - 256 if b > 127 else b for b in pool])
    print(f"const int k{name}Count = {len(lengths)};")


def main():
    nfd = {c: t for c, t in mapped(normalizers.NFD()).items() if not 0xAC00 <= c < 0xD7A4}
    nfkd = {c: t for c, t in mapped(normalizers.NFKD()).items() if not 0xAC00 <= c < 0xD7A4 and nfd.get(c) != t}
    lower = mapped(normalizers.Lowercase())
    cleaned = mapped(bert(clean_text=True))
    classes = combining_classes(nfd)
    composed = composites(nfd)
    seconds = set(composed.values()) | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    word = pre_tokenizers.Whitespace()
    flags = {
        WHITE_SPACE: {c for c in POINTS if not pre_tokenizers.WhitespaceSplit().pre_tokenize_str(chr(c))},
        OTHER: {c for c, t in cleaned.items() if t == ""} - {0xFFFD},
        PUNCTUATION: cut_off(pre_tokenizers.Punctuation("isolated")),
        NONSPACING: dropped(bert(strip_accents=True)),
        MARK: dropped(normalizers.StripAccents()),
        WORD: {c for c in POINTS if [t for t, _ in word.pre_tokenize_str("a" + chr(c))] == ["a" + chr(c)]},
        NUMERIC: cut_off(pre_tokenizers.Digits(individual_digits=True)),
        CJK: {c for c, t in mapped(bert(handle_chinese_chars=True)).items() if t == f" {chr(c)} "},
        LOWER: set(lower),
        NFD: set(nfd),
        NFKD: set(nfkd),
        COMPOSES: seconds,
        COMPOSITE: set(composed),
        EXTENDS: extending(),
    }
    records = {c: 0 for c in range(0x110000)}
    for bit, members in flags.items():
        for c in members:
            records[c] |= bit
    for i, category in enumerate(CATEGORIES[1:], 1):
        for c in matching(r"\p{%s}" % category):
            records[c] |= i << CATEGORY_SHIFT
    for c, k in classes.items():
        records[c] |= k << CLASS_SHIFT

    kinds = {r: i for i, r in enumerate(sorted(set(records.values())))}
    blocks, index = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(kinds[records[c]] for c in range(start, start + BLOCK))
        index.append(blocks.setdefault(block, len(blocks)))

    print("// Generated by tools/generate-unicode.py; do not edit.")
    print(f"// Input: PyPI tokenizers {REFERENCE}, asked about every code point; combining classes from Python's unicodedata")
    print(f"// {unicodedata.unidata_version} for what it reorders. Command: python3 tools/generate-unicode.py > wasm/text/unicode_tables.cpp")
    print('#include "text/unicode_tables.h"\n\nnamespace wasmformers::text::tables {\n')
    print(f"// {len(kinds)} records, {len(blocks)} blocks of {BLOCK} code points.")
    if len(kinds) > 256:
        sys.exit("unicode_tables.h declares records of 8 bits")
    write_array("uint16_t", "kBlockOf", index)
    write_array("uint8_t", "kRecordOf", [r for b in blocks for r in b])
    write_array("uint32_t", "kRecords", sorted(kinds))
    write_decompositions("Nfd", nfd)
    write_decompositions("Nfkd", nfkd)
    ranges = lower_ranges(lower)
    write_array("LowerRange", "kLower", ["{%d, %d, %d, %d}" % tuple(r) for r in ranges])
    print(f"const int kLowerCount = {len(ranges)};")
    runs = scripts()
    starts = [a - b for a, b in zip([first for first, _ in runs], [0] + [first for first, _ in runs])]
    write_array("uint8_t", "kScriptDistances", [b for d in starts for b in variable_length(d)])
    write_array("uint8_t", "kScriptNumbers", [number for _, number in runs])
    print(f"const int kScriptCount = {len(runs)};")
    print("\n}  // namespace wasmformers::text::tables")


main()
