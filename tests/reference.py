"""The text path once more, slow and plain: loops over characters, tokens, blocks and labels, in float64.

What is served works on all bytes of many pages at once, in packed whole numbers and in windows; this
follows the definitions one block at a time, and is what the fast path is held against.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from classifier.features import TEXT_DENSE
from classifier.model import SequenceModel
from classifier.normalize import normalized
from classifier.types import LABELS

SCRIPTS = {
    "latin": "Subscribe newsletter ÉTÉ été Größe ẞß İı Žluťoučký",
    "vietnamese": "Đăng ký nhận bản tin ỨNG HỘ",
    "greek": "Εγγραφή στο ΕΝΗΜΕΡΩΤΙΚΌ δελτίο ὈΔΥΣΣΕΎΣ ᾳ",
    "cyrillic": "Подписка НА рассылку ЎҐЇЄ ў",
    "armenian": "Բաժանորդագրվել ԼՈՒՐԵՐԻՆ",
    "georgian": "გამოწერა ᲡᲘᲐᲮᲚᲔ Ⴀⴀ",
    "hebrew": "הירשמו לניוזלטר שָׁלוֹם",
    "arabic": "اشترك في النشرة، البريدية؟ ١٢٣",
    "persian": "عضویت در خبرنامه می\u200cشود",
    "devanagari": "न्यूज़लेटर के लिए १२३ सदस्यता।",
    "bengali": "নিউজলেটার সাবস্ক্রাইব",
    "tamil": "செய்திமடல் பதிவு",
    "thai": "สมัครรับจดหมายข่าว",
    "lao": "ສະໝັກຮັບຈົດໝາຍຂ່າວ",
    "burmese": "သတင်းလွှာ ရယူပါ",
    "khmer": "ជាវព្រឹត្តិបត្រ",
    "ethiopic": "ይመዝገቡ ለዜና",
    "cherokee": "ᏣᎳᎩ Ꭰꭰ",
    "chinese": "订阅我们的新闻简报，请支持我們",
    "japanese": "ニュースレターを購読する。ｶﾅ々",
    "korean": "뉴스레터를 구독하세요 ㄱㄴ",
    "emoji": "👍🏽 👨‍👩‍👧 ❤️ 🇩🇪 ✉",
    "signs": "© € £5 § « » “a” – … 100% $9.99 a@b.org don’t it's №5 ½ ² × ÷ ª µ",
    "mathematical": "𝐒𝐮𝐛𝐬 𐐀𐐨 Ｗｉｄｅ ⅣⅳⒶⓐ",
}
MASK64 = (1 << 64) - 1
GOLDEN, RRMXMX, XXHASH_1, XXHASH_2, MURMUR = (
    0x9E3779B97F4A7C15,
    0xD6E8FEB86659FD93,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0xFF51AFD7ED558CCD,
)


@dataclass(frozen=True)
class PlainToken:
    start: int
    raw: str
    code: bytes


def is_alone(character: str) -> bool:
    """Whether a character is a token by itself: signs, symbols, and scripts without spaces."""
    point = ord(character)
    if point < 0x80:
        return not character.isalnum()
    return (
        point < 0xC0
        or 0xE00 <= point < 0xF00
        or 0x1000 <= point < 0x10C0
        or 0x1780 <= point < 0x1800
        or point >= 0x2000
    )


def canonical(character: str) -> bytes:
    plain = character.encode()
    if character.isascii():
        return b"\x01" if character.isdigit() else character.lower().encode()
    lower = character.lower().encode()
    has_cases = ord(character) < 0x580 or 0x1E00 <= ord(character) < 0x2000
    return lower if has_cases and len(lower) == len(plain) else plain


def plain_tokens(text: str) -> list[PlainToken]:
    """Tokens of lines, by a loop over their characters; white space is folded before."""
    text = re.sub(r"[\0-\x09\x0b-\x20\x7f]+", " ", text)
    found: list[PlainToken] = []
    at, word = 0, False
    for character in text:
        token = PlainToken(at, character, b"\n" if character == "\n" else canonical(character))
        at += len(character.encode())
        if character == " ":
            word = False
        elif is_alone(character):
            found.append(token)
            word = False
        elif word:
            found[-1] = PlainToken(found[-1].start, found[-1].raw + token.raw, found[-1].code + token.code)
        else:
            found.append(token)
            word = True
    return found


PUNCTUATION = {c: 34 + k for k, c in enumerate(c for c in map(chr, range(33, 127)) if not c.isalnum())}


def code_bytes(token: PlainToken) -> bytes:
    """Bytes of a token as they are hashed: line ends, digits and punctuation have codes of their own."""
    if token.raw == "\n":
        return bytes([32])
    if token.raw in PUNCTUATION:
        return bytes([PUNCTUATION[token.raw]])
    return token.code.replace(b"\x01", bytes([96]))


def word_hash(code: bytes) -> int:
    head = int.from_bytes(code[:8], "little")
    mixed = ((head ^ (head >> 31)) * GOLDEN) & MASK64
    if len(code) > 8:
        tail = int.from_bytes(code[8:16], "little")
        mixed = (mixed + (tail ^ (tail >> 31)) * RRMXMX) & MASK64
    return mixed ^ (mixed >> 32)


def top_bits(value: int, bits: int) -> int:
    return (value & MASK64) >> (64 - bits)


def affix_bucket(affix: bytes, multiplier: int, bits: int) -> int:
    value = (int.from_bytes(affix, "little") * multiplier) & MASK64
    return top_bits((value ^ (value >> 32)) * GOLDEN, bits)


def buckets(codes: list[bytes], following: bytes, model: SequenceModel) -> list[int]:
    """Buckets of all n-grams of one line; its first token is the line end before it."""
    config = model.featurizer
    found = []
    for code, after in zip(codes, [*codes[1:], following], strict=True):
        value = word_hash(code)
        found.append(top_bits(value * XXHASH_1, config.word_bits))
        pair = ((value * XXHASH_2) + word_hash(after)) & MASK64
        found.append(config.n_words + top_bits(pair * MURMUR, config.text_bits))
        n_prefix, n_suffix = (config.prefix_bytes, config.suffix_bytes) if code[0] < 0x80 else (8, 6)
        if len(code) > n_prefix:
            found.append(config.n_words + affix_bucket(code[:n_prefix], XXHASH_2, config.text_bits))
        if len(code) > n_suffix:
            found.append(config.n_words + affix_bucket(code[-n_suffix:], MURMUR, config.text_bits))
    return found


def text_features(tokens: list[PlainToken], line: bytes) -> list[float]:
    """The first ten dense features of one line."""
    n = len(tokens)
    counts = dict.fromkeys(("capital", "all_caps", "digit", "sentence", "other", "symbol"), 0)
    for token in tokens:
        first = token.raw[0]
        if first in ".!?,;:":
            counts["sentence"] += 1
        elif first in "$%#@" or (first.encode()[0] == 0xC2):
            counts["symbol"] += 1
        elif first.isascii() and first.isdigit():
            counts["digit"] += 1
        elif first.isascii() and not first.isalpha():
            counts["other"] += 1
        elif canonical(first)[:2] != first.encode()[:2]:  # a capital, as far as its first two bytes tell
            counts["capital"] += 1
            counts["all_caps"] += first.isascii() and "A" <= token.raw[1:2] <= "Z"
    ends = (line[-1:] or b"\n") in [b".", b"!", b"?", b":", b'"', b"\x9d", b"\x82"]
    n_bytes = len(line) + 1
    return [math.log(n_bytes), math.log(n), *(count / n for count in counts.values()), float(ends), n_bytes / n / 10]


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Log probabilities of one block from factored logits."""
    content, rest = logits[0], logits[1:]
    is_content, is_rest = -np.logaddexp(0, -content), -np.logaddexp(0, content)
    return np.maximum(np.array([is_content, *(is_rest + rest - np.logaddexp.reduce(rest))]), -13.8)


def around(i: int, n: int, reach: int) -> range:
    return range(max(i - reach, 0), min(i + reach + 1, n))


def emissions(lines: list[bytes], model: SequenceModel) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities by words with those around, by words alone, and dense features, of one page's blocks."""
    own, near, dense = [], [], []
    for i, line in enumerate(lines):
        tokens = plain_tokens("\n" + line.decode())
        found = buckets([code_bytes(token) for token in tokens], bytes([32]), model)
        scale = 1 / math.sqrt(len(tokens))
        for table, sums in ((model.own, own), (model.around, near)):
            sums.append(table.quantised[found].astype(np.int64).sum(axis=0) * float(np.float32(table.scale)) * scale)
        dense.append(
            [
                *text_features(tokens, re.sub(rb"[\0-\x20\x7f]+", b" ", line)),
                i / len(lines),
                *(math.log1p(n) / 5 for n in (i, len(lines) - 1 - i)),
                math.log(len(lines)) / 5,
            ]
        )
    rows = []
    for i in range(len(lines)):
        others = [near[j] for j in around(i, len(lines), model.context.near) if j != i]
        neighbours = sum(others, np.zeros(len(model.own.bias))) / math.sqrt(max(len(others), 1))
        alone = own[i] + model.own.bias
        rows.append(np.concatenate([log_probabilities(alone + neighbours), log_probabilities(alone)]))
    return np.array(rows), np.array(dense)


def context(rows: np.ndarray, dense: np.ndarray, model: SequenceModel) -> np.ndarray:
    """Whole numbers that the context step sees of the blocks of one page."""
    head, config, n = model.heads["text"], model.context, len(rows)
    steps = np.rint(np.maximum(rows, -6) * 16)
    shares = np.rint(np.exp(steps / 16) * 1023)
    units = np.clip(np.rint((dense - head.dense_shift) * head.dense_scale), -127, 127)
    seen = np.column_stack([steps, units[:, [TEXT_DENSE.index("log_chars"), TEXT_DENSE.index("ends_sentence")]]])
    beyond = np.zeros(seen.shape[1])
    result = []
    for i in range(n):
        row = [*steps[i], *units[i]]
        for distance in range(1, config.window + 1):
            for j in (i + distance, i - distance):
                row += [*(seen[j] if 0 <= j < n else beyond)]
        for reach in (*config.stretches, n):
            row += [*np.rint(shares[around(i, n, reach), : len(LABELS)].mean(axis=0))]
        result.append(row)
    return np.array(result)


def best_path(scores: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> list[int]:
    """The textbook's Viterbi algorithm in whole units; of equals the label of the highest number."""
    units, step, first = (np.rint(part.astype(np.float64) * 1024).astype(int) for part in (scores, transitions, start))
    n_labels = len(first)
    best = [int(units[0][k] + first[k]) for k in range(n_labels)]
    backs = []
    for row in units[1:]:
        back = [max(range(n_labels), key=lambda i, k=k: (best[i] + step[i, k], i)) for k in range(n_labels)]
        best = [best[back[k]] + step[back[k], k] + row[k] for k in range(n_labels)]
        backs.append(back)
    path = [max(range(n_labels), key=lambda i: (best[i], i))]
    for back in reversed(backs):
        path.append(back[path[-1]])
    return path[::-1]


def labels(page: list[str], model: SequenceModel) -> list[int]:
    """Labels of one page's blocks."""
    if not page:
        return []
    text = "\n".join(["", *(block.replace("\n", " ") for block in page), ""]).encode("utf-8", "replace")
    rows, dense = emissions(normalized(text).split(b"\n")[1:-1], model)
    head = model.heads["text"]
    activity = context(rows, dense, model) @ head.hidden.astype(np.float64) * head.hidden_scale + head.hidden_bias
    logits = np.maximum(activity, 0) @ head.output.astype(np.float64) + head.output_bias
    scores = np.array([log_probabilities(row) for row in logits])
    return best_path(scores, head.transitions, head.start)
