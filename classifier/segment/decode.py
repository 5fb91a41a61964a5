"""Bytes of a page to text, whatever the page says about itself."""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARATION = re.compile(
    rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:.-]+)""", re.IGNORECASE
)
_DECLARED_WITHIN = 4096
_NO_TEXT_CODECS = frozenset(
    """base64 bz2 cp037 cp1026 cp1140 cp273 cp424 cp500 cp875 hex idna mbcs oem palmos punycode quopri
    raw-unicode-escape rot13 undefined unicode-escape utf-16 utf-16-be utf-16-le utf-32 utf-32-be utf-32-le
    utf-7 uu zlib""".split()
)
_ALIASES = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}


_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|p|div|a|span|br|h[1-6]|ul|ol|table|article|section|form)\b[^>]*>", re.IGNORECASE
)
_MARKUP_WITHIN = 4096


def holds_markup(page: str | bytes) -> bool:
    """Whether something of unknown kind is HTML, judged by its beginning.

    Examples
    --------
    >>> holds_markup("<p>Yes</p>"), holds_markup("<p>Yes</p>".encode("utf-16")), holds_markup("a < b and b > c")
    (True, True, False)
    """
    head = page[:_MARKUP_WITHIN]
    if isinstance(head, bytes):
        # UTF-16 has a zero in every other byte; a mark may also be wrong
        return bool(_MARKUP.search(head.decode("latin-1")) or _MARKUP.search(decode_html(head)))
    return bool(_MARKUP.search(head))


def decode_html(page: str | bytes, charset: str | None = None) -> str:
    """Text of a page's bytes.

    A byte-order mark wins; then UTF-8 where the bytes are valid UTF-8, whatever was declared (text
    in another encoding almost never is, and "iso-8859-1" above UTF-8 is the commonest lie); then
    the charset of the transport, then the declaration in the page, then Windows-1252, what
    browsers fall back to. ISO-2022-JP, whose bytes are ASCII, is believed where it is declared.

    Parameters
    ----------
    page
        Bytes as they came; a ``str`` is given back as it is.
    charset
        What the transport said (HTTP ``Content-Type``), if anything.

    Examples
    --------
    >>> decode_html("Grüße".encode("latin-1"))
    'Grüße'
    >>> decode_html(b'<meta charset="iso-8859-1">' + "Grüße".encode())[-5:]
    'Grüße'
    """
    if isinstance(page, str):
        return page
    for bom, encoding in _BOMS:
        if page.startswith(bom):
            return page[len(bom) :].decode(encoding, "replace")
    encodings = _declared_encodings(page, charset)
    if "iso2022_jp" not in encodings:
        try:
            return page.decode("utf-8")
        except UnicodeDecodeError as error:
            # a torn character or a cut end in a page that is UTF-8 otherwise does not make it Windows-1252
            text = page.decode("utf-8", "replace")
            began_sound = not page[: error.start].isascii()
            if "utf-8" in encodings[:1] and (began_sound or text.count("\ufffd") * 50 < len(page) - error.start):
                return text
    for encoding in encodings:
        if encoding != "utf-8":
            return page.decode(encoding, "replace")
    return page.decode("cp1252", "replace")


def utf8_html(page: str | bytes) -> bytes:
    """The text of `decode_html` in UTF-8; bytes that are UTF-8 come back as they are.

    Examples
    --------
    >>> utf8_html("Grüße".encode("latin-1")) == utf8_html("Grüße".encode()) == utf8_html("Grüße")
    True
    """
    if isinstance(page, bytes) and not page.startswith(codecs.BOM_UTF8):
        try:
            page.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            if "iso2022_jp" not in _declared_encodings(page, None):
                return page
    return decode_html(page).encode("utf-8", "ignore")


def _declared_encodings(page: bytes, charset: str | None) -> list[str]:
    """What the transport and the page itself say, as far as Python knows it."""
    declared = _DECLARATION.search(page, 0, _DECLARED_WITHIN)
    names = [charset, declared[1].decode("ascii") if declared else None]
    return [codec for name in names if name and (codec := _text_codec(name))]


def _text_codec(name: str) -> str | None:
    """Python's name of a declared charset, None where it is unknown or no encoding of text."""
    try:
        codec = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        return None
    if codec.name.replace("_", "-") in _NO_TEXT_CODECS or not getattr(codec, "_is_text_encoding", True):
        return None
    return _ALIASES.get(codec.name, codec.name)
