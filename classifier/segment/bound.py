"""Markup whose nesting is bounded before it is parsed, so that parsing takes linear time.

HTML's tree construction looks up and down the stack of open elements at most tags, and opens
formatting elements that were left open anew in every paragraph: 300,000 open ``<div>`` take
minutes, and 35 kB of ``<p><b id=1></p><p><b id=2></p>`` take a gigabyte. Browsers stop nesting
at 512 elements; so does this module, which follows the stack of open elements as the HTML
Standard describes it and takes a tag for closed only where the standard surely does.

Beyond the bound an element is flattened, and nothing of its text is lost: its start tag becomes
``<br>`` or, where it would not have cut the text, ``<img>``, with the attributes it had.
"""

from __future__ import annotations

import re
from collections import Counter

from classifier.segment.suspect import ATTRIBUTE, FOLLOWED_TAGS, is_suspect
from classifier.types import IntArray

MAX_DEPTH = 512
"""Elements open at once, formatting elements that wait to be opened anew among them; Chrome's bound too."""
MAX_FORMATS = 8
"""Formatting elements among them: each paragraph may hold as many copies."""
MAX_ATTRIBUTES = 512
"""Attributes of one tag; parsers compare each with all before it."""
_LOOK_BACK = 64
"""How far down the stack the element is sought that an end tag closes."""
_MAX_ROOTS, _SHORT = 16, 100
_MAX_NAMES = 4096
"""Different names of elements, or of attributes, in one page."""

_TAG = re.compile(
    rb"""<(?:(?P<slash>/?)(?P<name>[a-z][^\t\n\f\r\x20/>]*)
    (?P<attributes>(?>[\t\n\f\r\x20/]+
      |[^\t\n\f\r\x20/>][^\t\n\f\r\x20/=>]*
       (?:[\t\n\f\r\x20]*=[\t\n\f\r\x20]*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\t\n\f\r\x20>"'][^\t\n\f\r\x20>]*)?)?)*+)
    (?:>|\Z)
    |(?P<cdata>!\[CDATA\[)|!--(?:-?>|.*?(?:--!?>|\Z))|[!?/][^>]*(?:>|\Z))""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_SCRIPT = re.compile(rb"<script[\t\n\f\r\x20/>]", re.IGNORECASE)


def _names(names: str) -> frozenset[bytes]:
    return frozenset(names.encode().split())


_VOID = _names(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr"
)
_RAW = _names("script style textarea title xmp iframe noembed noframes noscript")
_RAW_END = {name: re.compile(rb"</" + name + rb"(?=[\t\n\f\r\x20/>])", re.IGNORECASE) for name in _RAW}
_FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_CELLS, _SECTIONS = _names("td th"), _names("tbody thead tfoot caption colgroup")
_TABLE_PARTS = _CELLS | _SECTIONS | {b"tr"}
_BLOCKS = _HEADINGS | _names(
    """address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header
    hgroup listing main menu nav ol p pre search section summary ul"""
)
_CLOSES_P = _BLOCKS | _names("dd dt form hr li plaintext table xmp")
_SCOPES = _names("applet marquee object template table td th caption button select") | _names(
    "annotation-xml desc foreignobject mi mn mo ms mtext title svg math"
)
_SPECIAL = _SCOPES | _CLOSES_P | _TABLE_PARTS | _names("frameset optgroup option")
_P, _LI, _A, _TERMS = _names("p"), _names("li"), _names("a"), _names("dd dt")
_LIST_SCOPES = _SPECIAL - {b"address", b"div", b"p"}
_TABLE_SCOPES = _names("table template select")
_PIERCING = _BLOCKS - {b"p"} | _names("applet marquee object template table caption button select")
"""End tags that close every element up to theirs, but for those in ``_SCOPES``; others stop at ``_SPECIAL`` ones."""
_INTEGRATION = _names("annotation-xml desc foreignobject mi mn mo ms mtext title")
_BREAKS_OUT = (
    _FORMATTING - {b"a", b"font"} | _BLOCKS | _names("body dd dt embed head img li meta ruby span sub sup table var")
)
_CUTS = _BLOCKS | _CLOSES_P | _TABLE_PARTS | _names("button legend optgroup option select")


def bounded(markup: bytes, lt: IntArray | None = None) -> bytes:
    """Markup that nests no deeper than ``MAX_DEPTH``; all but hostile pages come back as they are.

    Parameters
    ----------
    markup
        A page in UTF-8.
    lt
        Its `tag_starts`, where they are known.

    Examples
    --------
    >>> bounded(b"<p>One <b>block</b></p>")
    b'<p>One <b>block</b></p>'
    >>> bounded(b"<div>" * 5000)[-15:]
    b'br><br><br><br>'
    """
    return _Stack(markup).flattened() if is_suspect(markup, lt) else markup


class _Stack:
    """The stack of open elements while a page is read, never lower than a parser's would be.

    Entries are names and whether their content is foreign (SVG, MathML). ``waiting`` counts the
    formatting elements that were closed with a box around them and are opened anew behind it.
    """

    def __init__(self, markup: bytes) -> None:
        self.markup = markup
        self.open: list[tuple[bytes, bool]] = []
        self.counts: Counter[bytes] = Counter()
        self.waiting: Counter[tuple[bytes, int]] = Counter()
        self.n_waiting = self.n_open_formats = self.n_scopes = self.n_roots = 0
        self.trusted_from = 0  # end tags before this may be text
        self.tags: set[bytes] = set()  # seen before, and of known names
        self.tag_names: set[bytes] = set()
        self.attribute_names: set[bytes] = set()
        self.flat: Counter[bytes] = Counter()
        self.edits: list[tuple[int, int, bytes]] = []

    def flattened(self) -> bytes:
        """The markup with what stands too deep flattened."""
        at = 0
        while tag := _TAG.search(self.markup, at):
            at = tag.end()
            slash, name = tag.group("slash", "name")
            if name is None:
                if tag["cdata"] and (self.counts[b"svg"] or self.counts[b"math"]):
                    if at >= self.trusted_from:
                        self.trusted_from = _find(self.markup, b"]]>", at)
                elif tag["cdata"]:
                    at = _find(self.markup, b">", at)
                continue
            name = name.lower()
            if tag[0] not in self.tags:
                self._bound_names(name, tag)
            if slash:
                if tag.start() >= self.trusted_from:
                    self._end(name, tag)
            elif name in _RAW and not self._in_foreign and not self.counts[b"select"]:
                at = self._raw_end(name, at)
            else:
                self._start(name, tag)
        return self._edited()

    def _raw_end(self, name: bytes, at: int) -> int:
        """Where the text of an element without markup ends."""
        markup = self.markup
        closed = _RAW_END[name].search(markup, at)
        end = closed.start() if closed else len(markup)
        if name == b"script" and end >= self.trusted_from:
            comment = markup.rfind(b"<!--", at, end)
            if comment > markup.rfind(b"-->", at, end) and _SCRIPT.search(markup, comment, end):
                # a script in a comment in a script: its end may be that of either
                self.trusted_from = _find(markup, b"</script", _find(markup, b"-->", end))
        return _find(markup, b">", end)

    @property
    def _in_foreign(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def _start(self, name: bytes, tag: re.Match[bytes]) -> None:
        if self._in_foreign:
            self._foreign_start(name, tag)
            return
        if name in _VOID or name == b"head":
            return
        if name in (b"html", b"body", b"frameset"):
            self.n_roots += 1
            if self.n_roots > _MAX_ROOTS:
                self._rename(tag, b"img")
            return
        if name in _TABLE_PARTS and not self.counts[b"table"]:
            return
        self._imply_ends(name)
        n_formats = self.n_waiting + self.n_open_formats
        is_deep = n_formats >= MAX_FORMATS if name in _FORMATTING else len(self.open) >= MAX_DEPTH
        if is_deep:
            self.flat[name] += 1
            self._rename(tag, b"br" if name in _CUTS else b"img")
        else:
            self._push(name, name in (b"svg", b"math"))

    def _foreign_start(self, name: bytes, tag: re.Match[bytes]) -> None:
        is_deep = len(self.open) >= MAX_DEPTH
        if name in _BREAKS_OUT or is_deep:  # what it is renamed to breaks out
            while self._in_foreign:
                self._pop(len(self.open) - 1)
            if is_deep:
                self.flat[name] += 1
                self._rename(tag, b"br" if name in _CUTS else b"img")
            else:
                self._start(name, tag)
        elif not tag["attributes"].endswith(b"/"):
            self._push(name, name not in _INTEGRATION)

    def _imply_ends(self, name: bytes) -> None:
        """Close what a start tag closes."""
        counts = self.counts
        if name in _CLOSES_P and counts[b"p"]:
            self._close(_P, _SCOPES)
        if name == b"li":
            if counts[b"li"]:
                self._close(_LI, _LIST_SCOPES)
        elif name in _TERMS:
            if counts[b"dd"] or counts[b"dt"]:
                self._close(_TERMS, _LIST_SCOPES)
        elif name in _HEADINGS:
            if self.open and self.open[-1][0] in _HEADINGS:
                self._pop(len(self.open) - 1)
        elif name == b"option":
            if self.open and self.open[-1][0] == b"option":
                self._pop(len(self.open) - 1)
        elif name == b"a":
            if counts[b"a"]:
                self._close(_A, _SPECIAL)
            self.n_waiting -= self.waiting.pop((b"a", self.n_scopes), 0)
        elif name in _TABLE_PARTS:
            closed = _CELLS if name in _CELLS else _CELLS | {b"tr"} if name == b"tr" else _TABLE_PARTS
            while self._close(closed, _TABLE_SCOPES):
                pass

    def _end(self, name: bytes, tag: re.Match[bytes]) -> None:
        if self.flat and self.flat[name]:
            self.flat[name] -= 1
            self._rename(tag, b"br" if name in _CUTS else b"img")
        elif name == b"form":
            self._forget_form()
        elif not self.counts[name]:
            if self.waiting[name, self.n_scopes]:
                self.waiting[name, self.n_scopes] -= 1
                self.n_waiting -= 1
        elif name in _TABLE_PARTS:
            self._close({name}, _TABLE_SCOPES)
        else:
            self._close({name}, _SCOPES if name in _PIERCING else _SPECIAL)

    def _close(self, names: set[bytes] | frozenset[bytes], barriers: frozenset[bytes]) -> bool:
        """Pop down to the innermost element of some names, unless a barrier stands above it."""
        for i in range(len(self.open) - 1, max(len(self.open) - 1 - _LOOK_BACK, -1), -1):
            name = self.open[i][0]
            if name in names:
                self._pop(i, closed=name)
                return True
            if name in barriers:
                return False
        return False

    def _forget_form(self) -> None:
        """The end of a form closes the form, and nothing that is open in it."""
        for i in range(len(self.open) - 1, max(len(self.open) - 1 - _LOOK_BACK, -1), -1):
            if self.open[i][0] == b"form":
                del self.open[i]
                self.counts[b"form"] -= 1
                return
            if self.open[i][0] in _SCOPES:
                return

    def _push(self, name: bytes, is_foreign: bool) -> None:
        self.open.append((name, is_foreign))
        self.counts[name] += 1
        self.n_scopes += name in _SCOPES
        self.n_open_formats += name in _FORMATTING

    def _pop(self, i: int, closed: bytes = b"") -> None:
        """Pop all elements from the ``i``-th on; formatting elements that nobody closed wait."""
        gone = self.open[i:]
        del self.open[i:]
        for name, _ in gone:
            self.counts[name] -= 1
            self.n_scopes -= name in _SCOPES
            self.n_open_formats -= name in _FORMATTING
        for name, is_foreign in gone:
            if name in _FORMATTING and name != closed and not is_foreign:
                self.waiting[name, self.n_scopes] += 1
                self.n_waiting += 1

    def _rename(self, tag: re.Match[bytes], name: bytes) -> None:
        self.edits.append((*tag.span("name"), name))

    def _bound_names(self, name: bytes, tag: re.Match[bytes]) -> None:
        """Leave out what parsers look up in lists: attributes beyond a number, and ever new names."""
        if name not in self.tag_names:
            if len(self.tag_names) >= _MAX_NAMES:
                self._rename(tag, b"img")
                return
            self.tag_names.add(name)
        first, last = tag.span("attributes")
        if last - first > 1:
            known = self.attribute_names
            names = ATTRIBUTE.findall(self.markup, first, last)
            if len(names) > MAX_ATTRIBUTES or len(known) + len(names) > _MAX_NAMES:
                kept = first
                for n, attribute in enumerate(ATTRIBUTE.finditer(self.markup, first, last)):
                    if n == MAX_ATTRIBUTES or (attribute[1] not in known and len(known) >= _MAX_NAMES):
                        self.edits.append((kept, last, b" " if kept == first else b""))
                        return
                    known.add(attribute[1])
                    kept = attribute.end()
            known.update(names)
        if last - first < _SHORT and len(self.tags) < FOLLOWED_TAGS:
            self.tags.add(tag[0])

    def _edited(self) -> bytes:
        if not self.edits:
            return self.markup
        parts: list[bytes] = []
        at = 0
        for start, end, replacement in sorted(self.edits):
            parts += self.markup[at:start], replacement
            at = end
        return b"".join((*parts, self.markup[at:]))


def _find(markup: bytes, sought: bytes, start: int) -> int:
    at = markup.find(sought, start)
    return len(markup) if at < 0 else at
