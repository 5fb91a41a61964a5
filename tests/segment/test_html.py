"""Pages are cut into the blocks that a reader sees, and every block knows where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from classifier.segment import html, segment_html
from classifier.segment.canonical import STRIPPED
from classifier.segment.html import BLOCK_TAGS, INLINE_TAGS, TAGS, VOID_TAGS, outline
from classifier.types import ANCESTOR_LEVELS, BlockBatch, Place

Row = tuple[str, int, str, tuple[str, ...]]
"""Text, characters in links, tag path, names."""


def blocks(page: str | bytes) -> list[str]:
    return segment_html([page]).blocks()


def rows_of(batch: BlockBatch) -> list[Row]:
    assert batch.layout is not None
    elements = outline(batch.layout)
    places = [Place(elements, element) for element in batch.layout.element.tolist()]
    return [
        (text, n, place.tag_path, place.names)
        for text, n, place in zip(batch.blocks(), batch.layout.link_chars.tolist(), places, strict=True)
    ]


def rows(page: str) -> list[Row]:
    return rows_of(segment_html([page]))


def link_chars(page: str) -> list[int]:
    return [row[1] for row in rows(page)]


def paths(page: str) -> list[str]:
    return [row[2] for row in rows(page)]


def names(page: str) -> list[tuple[str, ...]]:
    return [row[3] for row in rows(page)]


@pytest.mark.parametrize("tag", sorted({*BLOCK_TAGS} - {"html", "body", "frameset", "br", "hr"}))
def test_block_element_cuts_before_and_behind(tag: str) -> None:
    if tag in "caption col table tbody td tfoot th thead tr".split():
        inner = f"<{tag}>in" if tag in ("caption", "td", "th") else "<td>in"
        page = f"before<table><{tag}>{inner}</{tag}></table>after"
    else:
        page = f"before<{tag}>in</{tag}>after"
    assert blocks(page) == ["before", "in", "after"]


@pytest.mark.parametrize("tag", [*INLINE_TAGS, "q", "mark", "video", "x-card"])
def test_inline_element_does_not_cut(tag: str) -> None:
    assert blocks(f"<p>one<{tag}>two</{tag}>three") == ["onetwothree"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("one<br>two<br/>three", ["one", "two", "three"]),
        ("one<br><br> <br>two", ["one", "two"]),
        ("<p>one<hr>two", ["one", "two"]),
        ("<div>one<p>two</p>three</div>four", ["one", "two", "three", "four"]),
        ("<ul><li>one<li>two<ul><li>three</ul>four</ul>", ["one", "two", "three", "four"]),
        ("<table><tr><td>one<td>two<tr><th>three</table>", ["one", "two", "three"]),
        ("<select><option>one<option>two</select>", ["one", "two"]),
        ("<p>one <b>two</b> <i>three</i>four</p>", ["one two threefour"]),
        ("<p>one<img alt=no>two<wbr>three", ["onetwothree"]),
        ("<h1>one</h1><p></p><div> </div><p>two", ["one", "two"]),
        ("<pre>\n one\n  two</pre>", ["one two"]),
    ],
)
def test_cuts(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a &amp; b &lt; c &gt; d &quot; e &copy; &#8364; &#x20ac;", 'a & b < c > d " e © € €'),
        ("&amp;amp; &amp;lt; &amp;nbsp; &amp;quot;", "&amp; &lt; &nbsp; &quot;"),
        ("&lt;p&gt;no element&lt;/p&gt;", "<p>no element</p>"),
        ("1 < 2 > 3 & 4", "1 < 2 > 3 & 4"),
        ("R&D &unknown; &", "R&D &unknown; &"),
        ("\N{WHITE SMILING FACE}日本語 и кириллица", "\N{WHITE SMILING FACE}日本語 и кириллица"),
    ],
)
def test_entities_and_escapes(page: str, text: str) -> None:
    assert blocks(f"<p>{page}</p>") == [text]


@pytest.mark.parametrize(
    "gap", [" ", "  ", "\n", "\t\r\n ", "&nbsp;", "\xa0", "&nbsp; &#160;", "&#9;", "<b> </b>", "\x01", "\x7f", "\x0c"]
)
def test_white_space_is_folded_to_one_space(gap: str) -> None:
    assert blocks(f"<p>{gap}one{gap}two{gap}</p>{gap}") == ["one two"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<a>one</a><a>two</a>", "one two"),
        ("<a>one</a> <a>two</a>", "one two"),
        ("<a href=x>one</a><!-- --><a>two</a><a>three</a>", "one two three"),
        ("<a>one</a><b><a>two</a></b>", "onetwo"),
        ("<a>one</a>/<a>two</a>", "one/two"),
        ("(<a>1</a>,<a>2</a>)", "(1,2)"),
    ],
)
def test_adjacent_links_are_told_apart(page: str, text: str) -> None:
    assert blocks(f"<p>{page}</p>") == [text]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("<input placeholder='Your e-mail'>", ["Your e-mail"]),
        ("<input type=email placeholder=Mail value=typed>", ["Mail"]),
        ("<INPUT TYPE=EMAIL PLACEHOLDER=Mail>", ["Mail"]),
        ("<input type=submit value='Sign &amp; go &gt;'>", ["Sign & go >"]),
        ("<input value=Go type=button>", ["Go"]),
        ("<input type=Reset value=Clear>", ["Clear"]),
        ("<input type=submit placeholder=no>", []),
        ("<input type=submit value=''>", []),
        ("<input placeholder=' \n '>", []),
        ("<input type=hidden value=secret placeholder=secret>", []),
        ("<input type=checkbox value=v placeholder=p>", []),
        ("<input type=radio value=v placeholder=p>", []),
        ("<input value=typed>", []),
        ("<input placeholder='a\n  b'>", ["a b"]),
        ("<input placeholder='say \"now\" &lt;b&gt;'>", ['say "now" <b>']),
        ("<input title=' placeholder=no value=no' data-placeholder=no>", []),
        ("<textarea placeholder='Write here'></textarea>", ["Write here"]),
        ("<textarea placeholder='Write'>typed <b>text</b></textarea>", ["Write", "typed <b>text</b>"]),
        ("<button value=no>Subscribe</button>", ["Subscribe"]),
    ],
)
def test_form_fields(field: str, expected: list[str]) -> None:
    assert blocks(f"<form>before{field}</form>after") == ["before", *expected, "after"]


def test_field_is_the_innermost_element_of_its_own_words() -> None:
    page = "<form class=f><label>Mail<input placeholder=you class=box></label><textarea placeholder=more></textarea>"
    assert rows(page) == [
        ("Mail", 0, "body/form/label", ("f",)),
        ("you", 0, "body/form/label/input", ("box", "f")),
        ("more", 0, "body/form/textarea", ("f",)),
    ]


def test_text_behind_a_field_stands_beside_it() -> None:
    assert paths("<form><label><input type=checkbox> I agree</label></form>") == ["body/form/label"]


@pytest.mark.parametrize("tag", sorted({*STRIPPED} - {"plaintext", "head"}))
def test_what_is_never_shown_is_left_out(tag: str) -> None:
    assert blocks(f'<p>one</p><{tag}>never < & > " shown</{tag}><p>two</p>') == ["one", "two"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<head><title>no</title><script>no</script></head>yes", ["yes"]),
        ("<p>one<script>if (a<b) { c>d }</script>two", ["onetwo"]),
        ("<style>p > a { }</style>yes", ["yes"]),
        ("<style><!-- </style>yes --></style>", ["yes -->"]),
        ("<template><p>no</p></template>yes", ["yes"]),
        ("<noscript><p>no</p></noscript>yes", ["yes"]),
        ("<svg><title>no</title><text>no</text></svg>yes", ["yes"]),
        ("<iframe><p>no</p></iframe>yes", ["yes"]),
        ("<object><p>no</p></object>yes", ["yes"]),
        ("<xmp><b>no</xmp>yes", ["yes"]),
        ("yes<plaintext>no <p> no", ["yes"]),
        ("<script>never closed", []),
    ],
)
def test_stripped_elements(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    "attributes", ["hidden", "style='display:none'", "aria-hidden=true", "class='visually-hidden'", "style=opacity:0"]
)
def test_hidden_elements_stay(attributes: str) -> None:
    assert blocks(f"<div {attributes}>Subscribe now</div>") == ["Subscribe now"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<!-- no -->two", ["onetwo"]),
        ("<p>one<!-- < no > --> two<!--<p>no</p>-->", ["one two"]),
        ("<!-- a < b --><p>one</p><!----><!-->two", ["one", "two"]),
        ("<p>one<!-- <a href='x'>no</a> -- > no --!> two", ["one two"]),
        ("<p>one<!-- never closed <b>no</b>", ["one"]),
        ("<?php echo 1 ?>one<!doctype html>two</ no>", ["onetwo"]),
        ("<p title='<!--'>one<!-- no --><b title='-->'>two", ["onetwo"]),
        ("<p>a &lt;!-- shown --&gt; b", ["a <!-- shown --> b"]),
        ("<![CDATA[ no ]]>one", ["one"]),
        ("<a<!--b-->one</a<!--b-->two", ["onetwo"]),
        ("<a<!--b>one <b>two</b><!-- no -->three", ["one twothree"]),
    ],
)
def test_comments_are_left_out(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<p title="a<b>c">one</p>two', ["one", "two"]),
        ("<p title='</p><p>'>one <b title='\"<'>two</b></p>", ["one two"]),
        ("<p a<b='c<d'>one</p><p <div>two</p>", ["one", "two"]),
        ("<a<b>one</a<b><p>two", ["one", "two"]),
        ("<p<div>one</p<div>two", ["onetwo"]),
        ('<p x"y=z" class="k">one</p>', ["one"]),
        ("<p/title=x>one<br/class=y>two", ["one", "two"]),
    ],
)
def test_less_than_inside_tags(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p><a>link</a> text", [4]),
        ("<p><a>two words</a> and <a href=x>one</a>", [11]),
        ("<a>one<p>two</p>three</a>four", [3, 3, 5]),
        ("<p>none<p><a><b>дом</b></a>", [0, 3]),
        ("<a><input type=submit value='Go on'></a>", [4]),
        ("<a></a>none", [0]),
        ("<a>日本 語</a>", [3]),
    ],
)
def test_characters_inside_links(page: str, expected: list[int]) -> None:
    assert link_chars(page) == expected


def test_escaped_characters_inside_links_count_once() -> None:
    assert link_chars("<a>R&amp;D</a><p><a>a &lt; b</a>") == [3, 3]


def test_tag_paths() -> None:
    page = "<div>a<section><h2>b</h2><p>c <b>d</b></p></section></div>e<ul><li><q>f</q></ul><b>g</b>"
    assert paths(page) == [
        "body/div", "body/div/section/h2", "body/div/section/p", "body", "body/ul/li/?", "body/b",
    ]  # fmt: skip


def test_tag_path_reaches_only_so_far() -> None:
    assert paths("<div>" * 20 + "<p>deep")[0] == "/".join(["div"] * (ANCESTOR_LEVELS - 1) + ["p"])


def test_names_innermost_first() -> None:
    page = """<div class="outer box" id=top role="main"><p style="class" title="no" class=" a&amp;b
    c" itemprop=articleBody aria-label='Sign up'>text</div>"""
    assert names(page) == [("a&amp;b", "c", "articleBody", "Sign", "up", "outer", "box", "top", "main")]


@pytest.mark.parametrize("attribute", ["id", "class", "role", "itemprop", "aria-label"])
def test_names_of_the_body(attribute: str) -> None:
    page = f"<body {attribute}=k><p>text"
    assert names(page) == [("k",)]
    assert rows_of(segment_html([page, page])) == rows(page) * 2


@pytest.mark.parametrize("attribute", ["data-class", "classes", "xid", "title", "href", "data-role"])
def test_other_attributes_give_no_names(attribute: str) -> None:
    assert names(f'<p {attribute}=no>text \' class="no"') == [()]


def test_attribute_that_ends_like_aria_label_gives_no_names() -> None:
    assert names("<p data-label=no>text") == [()]


def test_custom_element_that_begins_like_a_block_element_is_inline() -> None:
    assert blocks("one<fieldset-x>two</fieldset-x>three") == ["onetwothree"]


@pytest.mark.parametrize(
    "page",
    ["", " ", "\n\t", "<html></html>", "<body>", "<p></p>", "<!-- only -->", "&nbsp;", "<p>\0</p>", b""],
)
def test_empty_page(page: str | bytes) -> None:
    batch = segment_html([page])
    assert (batch.n_docs, batch.n_blocks, batch.blocks(), batch.text) == (1, 0, [], b"\n")


def test_no_pages() -> None:
    batch = segment_html([])
    assert (batch.n_docs, batch.n_blocks, batch.blocks()) == (0, 0, [])


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<div>two</p>three</div></span>four", ["one", "two", "three", "four"]),
        ("<b><p>one</b>two</p>three", ["onetwo", "three"]),
        ("<table>one<tr>two<td>three</table>four", ["onetwo", "three", "four"]),
        ("</p></div>one</body></html>two", ["onetwo"]),
        ("<p>one<", ["one<"]),
        ("<p>one</", ["one</"]),
        ("<p>one<b", ["one"]),
        ("<p title='never closed>one", []),
        ("<a><a><a>one<p><a>two", ["one", "two"]),
        ("<>one</>", ["<>one"]),
        ("plain text", ["plain text"]),
    ],
)
def test_broken_markup(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    "page",
    [
        "<frameset><frame src=a><frame src=b></frameset>",
        "<html><head><title>no</title></head><frameset><frame><noframes><p>no</p></noframes></frameset></html>",
        "<div></div><frameset><frame></frameset>",
    ],
)
def test_frameset_has_no_blocks(page: str) -> None:
    assert segment_html([page, "<p>next"]).doc_offsets.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one\0two</p>", ["onetwo"]),
        ("<p class='a\0b'>one</p>", ["one"]),
        ("\0<p>one", ["one"]),
        (b"<p>one\0two</p>", ["onetwo"]),
    ],
)
def test_nul(page: str | bytes, expected: list[str]) -> None:
    assert blocks(page) == expected


def test_processing_instructions_are_left_out() -> None:
    page = "<div><?php echo 1 ?><p>one<?x?></p></div>two"
    assert rows_of(segment_html([page, page]))[2:] == rows(page)
    assert [row[:3] for row in rows(page)] == [("one", 0, "body/div/p"), ("two", 0, "body")]


@pytest.mark.parametrize("tag", ["input", "link", "wbr", "keygen"])
def test_closed_namesakes_of_void_elements_do_not_nest(tag: str) -> None:
    page = f"<div><math><{tag}>x</{tag}></math><p>one</p></div>"
    assert rows(page)[-1][:3] == ("one", 0, "body/div/p")
    assert rows_of(segment_html([page, page]))[-1] == rows(page)[-1]


def test_lone_surrogates_do_no_harm() -> None:
    assert blocks("<p>one \ud800two</p><p>three") == ["one two", "three"]


def test_bytes_are_decoded() -> None:
    assert blocks("<meta charset=windows-1251><p>Подписка".encode("cp1251")) == ["Подписка"]


def test_ten_thousand_nested_elements() -> None:
    depth = 10_000
    batch = segment_html(["<div class=d>" * depth + "deep" + "</div>after" * depth, "<p>next"])
    assert batch.doc_offsets.tolist() == [0, depth + 1, depth + 2]
    assert batch.block(0) == "deep"
    assert rows_of(batch)[-1] == ("next", 0, "body/p", ())


def test_twenty_megabytes_come_through_whole() -> None:
    paragraph = (
        "<div class='teaser box'><p>Some text with a <a href='/x?a=1&amp;b=2'>link &amp; more</a>, é.</p></div>\n"
    )
    n = 20_000_000 // len(paragraph.encode()) + 1
    batch = segment_html([paragraph * n])
    assert (batch.n_blocks, batch.block(n - 1)) == (n, "Some text with a link & more, é.")
    assert batch.doc_offsets.tolist() == [0, n]
    assert batch.text.count("Some text with a link & more, é.\n".encode()) == n


PIECES = [
    *(f"<{tag}>" for tag in (*BLOCK_TAGS, *INLINE_TAGS)), *(f"</{tag}>" for tag in (*BLOCK_TAGS, *INLINE_TAGS)),
    *(f"<{tag}>" for tag in "a a q svg math mi mtext script style head title noscript xmp template object img".split()),
    *(f"</{tag}>" for tag in "a a q svg math mi mtext script style head title noscript xmp template object".split()),
    *"text|more words| |\n|\t|'|\"|é|日本| & |<|>|\0|\x01|\x7f|\u2028|\ufeff|\u200b|\u3000|\xad|\u202e".split("|"),
    "<!--", "-->", "--!>", "<!-- a<b>c -->", "<!---->", "<!doctype html>", "<?x?>", "<?php a<b ?>", "<![CDATA[x]]>", "</", "</>", "</ x>",  # noqa: E501
    '<a href="x" class="c d" id=\'e"f\'>', '<p title="<b>x</b> > \' &quot;">', "<a<b>", "</a<b>", "<p a<b=c>", "<x-y>",
    "</x-y>", "<p x\"y=z>", "<a<!--b>", "</a<!--b>", "<a/>", "<br/>", "<textarea placeholder=q>", "<button type=submit>",  # noqa: E501
    "<body id=b class=k>", "<body aria-label=l>", "<div class=k role='a\tb'>", "<b class=' m  n '>", "<li id=l>",
]  # fmt: skip
ESCAPES = ["<wbr>", "&nbsp;", "&amp;", "&lt;", "&gt;", "&quot;", "&#0;", "&#x3c;", "&amp;lt;", "\xa0"]
FIELDS = [
    "<input placeholder='a b'>", "<input type=submit value='Go &amp; > &lt;'>", "<input type=checkbox value=x>",
    "<input type=hidden value=x placeholder=y>", "<input>",
]  # fmt: skip
any_markup = st.lists(st.sampled_from([*PIECES, *ESCAPES, *FIELDS]), min_size=1, max_size=16).map("".join)


UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def walk(node: LexborNode, path: tuple[str, ...]) -> Iterator[tuple[str, str, LexborNode, tuple[str, ...]]]:
    """What happens, in document order: an element opens or closes, or text stands in it; comments do not happen.

    What MathML puts into namesakes of void elements counts as standing behind them.
    """
    if node.is_text_node:
        yield "text", path[-1], node, path
    elif node.is_element_node and node.tag not in STRIPPED:
        name = node.tag or "?"
        inner = (*path, name)
        yield "open", name, node, inner
        child = node.first_child
        while child is not None:
            yield from walk(child, path if name in VOID_TAGS else inner)
            child = child.next
        yield "close", name, node, path
    elif not node.is_comment_node and node.tag not in STRIPPED:
        yield "instruction", "", node, path


def reference_rows(page: str) -> list[tuple[str, int, str]]:
    """Text, characters in links and tag path of every block, by walking the tree."""
    parser = LexborHTMLParser(page, scripting=True)
    body = parser.body
    root = body if body is not None and body.parent is not None else parser.root
    assert root is not None
    found: list[tuple[str, int, str]] = []
    words: list[str] = [""]
    linked = 0
    first_path: tuple[str, ...] = ()

    def end_block() -> None:
        nonlocal words, linked
        text = " ".join(filter(None, words))
        if UNSEEN.sub("", text).strip(" "):
            path = (tag if tag in TAGS else "?" for tag in first_path[-ANCESTOR_LEVELS:])
            found.append((text, linked, "/".join(path)))
        words, linked = [""], 0

    def add(text: str, path: tuple[str, ...]) -> None:
        nonlocal linked, first_path
        for character in text:
            if character <= " " or character in "\x7f\x85" or (character > "\x7f" and character.isspace()):
                words.append("")
                continue
            if not any(words):
                first_path = path
            words[-1] += character
            linked += "a" in path

    before = ("", "")
    for event, name, node, path in walk(root, ()):
        if event == "text":
            add(node.text_content or "", path)
        elif event != "instruction":
            if name in BLOCK_TAGS or name in ("input", "textarea"):
                end_block()
            if (event, name) == ("open", "a") and before == ("close", "a"):
                words.append("")
            if event == "open" and name in ("input", "textarea"):
                attributes = node.attributes
                kind = (attributes.get("type", "text") or "").lower()
                shown = "value" if kind in ("submit", "button", "reset") else "placeholder"
                if kind not in ("hidden", "checkbox", "radio"):
                    add(attributes.get(shown) or "", path)
                    end_block()
        if not (event == "close" and name in VOID_TAGS):
            before = (event, name)
    end_block()
    return found


@settings(max_examples=600, deadline=None, derandomize=True)
@given(any_markup)
def test_blocks_are_the_visible_text(page: str) -> None:
    assert blocks(page) == [text for text, _, _ in reference_rows(page)]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_markup)
def test_layout_is_that_of_the_tree(page: str) -> None:
    assert [row[:3] for row in rows(page)] == reference_rows(page)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(any_markup | st.just(""), max_size=5))
def test_pages_do_not_touch_one_another(pages: list[str]) -> None:
    together = segment_html(pages)
    alone = [segment_html([page]) for page in pages]
    assert np.diff(together.doc_offsets).tolist() == [batch.n_blocks for batch in alone]
    assert rows_of(together) == [row for batch in alone for row in rows_of(batch)]
    assert b"".join(batch.text[1:] for batch in alone) == together.text[1:]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_input_gives_folded_blocks(page: str | bytes) -> None:
    for block in blocks(page):
        assert block == re.sub("[\0-\x20\x7f]+", " ", block).strip(" ")
        assert block


@pytest.mark.parametrize("group_bytes", [1, 100, 1000])
def test_pages_are_cut_alike_in_groups_of_any_size(group_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<div class=a><p id=b>One <a href=x>two</a></p><input type=submit value=Go><ul><li>three<li>four</ul></div>"
    pages = [page, "", "<p>five", page, "<!-- none -->", "<frameset><frame></frameset>", page * 3, ""]
    whole = segment_html(pages)
    monkeypatch.setattr(html, "_GROUP_BYTES", group_bytes)
    parts = segment_html(pages)
    assert parts.text == whole.text
    assert parts.doc_offsets.dtype == whole.doc_offsets.dtype
    assert parts.doc_offsets.tolist() == whole.doc_offsets.tolist()
    assert parts.layout is not None
    assert whole.layout is not None
    assert parts.layout.names == whole.layout.names
    for name in ("element", "link_chars", "tag", "parent"):
        of_parts, of_whole = getattr(parts.layout, name), getattr(whole.layout, name)
        assert of_parts.dtype == of_whole.dtype
        assert of_parts.tolist() == of_whole.tolist()
