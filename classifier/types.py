"""The nouns of the house: labels, documents, and blocks of many documents as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.media import MediaType as MediaType
from classifier.media import checked_media_type

View = Literal["html", "text"]
"""What the model sees of a page: blocks with their layout, or bare text."""
VIEWS: tuple[View, ...] = ("html", "text")

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]
ByteArray = npt.NDArray[np.uint8]
WordArray = npt.NDArray[np.uint64]


class Label(StrEnum):
    """What a block does for the reader of its page; the order is the column order of every array."""

    CONTENT = "content"
    AD_NOTICE = "ad_notice"
    DONATION_APPEAL = "donation_appeal"
    NEWSLETTER_PROMPT = "newsletter_prompt"
    PAYWALL_PROMPT = "paywall_prompt"
    BOILERPLATE = "boilerplate"


ANCESTOR_LEVELS = 12
"""How many elements, from the innermost outwards, a block's layout may speak of."""

LABELS: tuple[Label, ...] = tuple(Label)
NAGS: tuple[Label, ...] = LABELS[1:5]
N_LABELS = len(LABELS)


def view_of(media_type: MediaType) -> View:
    """The view in which a document of this kind is labelled.

    Examples
    --------
    >>> view_of("text/html"), view_of("application/x-blocks")
    ('html', 'text')
    """
    return "html" if media_type == "text/html" else "text"


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it was read.

    Parameters
    ----------
    id
        Name of the document, unique in its run.
    content
        Markup (``str`` or undecoded ``bytes``), plain text, or a list of blocks already cut.
    media_type
        Says which of the three ``content`` is. Parameters such as ``; charset=utf-8`` are left out, and
        ``application/xhtml+xml`` becomes ``text/html``.
    url
        Address, where known.
    metadata
        Whatever else the source said; passes through untouched.

    Raises
    ------
    InputError
        Where the media type is another, or ``content`` is not of its kind.

    Examples
    --------
    >>> Document(id="1", content="<p>Hello</p>", media_type="text/html").url is None
    True
    """

    id: str | int
    content: str | bytes | list[str]
    media_type: MediaType
    url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "media_type", checked_media_type(self.media_type, self.content, self.id))

    @property
    def size(self) -> int:
        """Characters or bytes of the content, summed over blocks that are cut already."""
        return len(self.content) if isinstance(self.content, str | bytes) else sum(map(len, self.content))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in the element tree the blocks of a batch stand.

    Only elements that hold a block, or are near ancestors of one, are listed.

    Parameters
    ----------
    element
        Innermost element of each block, an index into the element arrays. Shape (n_blocks,).
    link_chars
        Visible characters of each block inside ``<a>``, white space not counted. Shape (n_blocks,).
    tag
        Index of each element's name in ``segment.html.TAGS``. Shape (n_elements,).
    parent
        Index of each element's parent, -1 at a root. Shape (n_elements,).
    names
        UTF-8; one line an element (``b"\\n"`` before and after each): its class, id, role,
        itemprop and aria-label values.
    """

    element: IntArray
    link_chars: IntArray
    tag: ByteArray
    parent: IntArray
    names: bytes


@dataclass(frozen=True, slots=True)
class Outline:
    """The elements of a layout as lists, for people: name, parent, and line of names of each."""

    tags: list[str]
    parent: list[int]
    names: list[str]

    def ancestors(self, element: int) -> list[int]:
        """An element and those around it, innermost first."""
        found: list[int] = []
        while element >= 0 and len(found) < ANCESTOR_LEVELS:
            found.append(element)
            element = self.parent[element]
        return found


class Place:
    """Where in its page a block stands; worked out when it is asked for, as it seldom is for every block."""

    __slots__ = ("_element", "_outline")

    def __init__(self, outline: Outline, element: int) -> None:
        self._outline = outline
        self._element = element

    @property
    def tag_path(self) -> str:
        """Names of the block's elements, outermost first, joined by slashes."""
        return "/".join([self._outline.tags[at] for at in reversed(self._outline.ancestors(self._element))])

    @property
    def names(self) -> tuple[str, ...]:
        """Class and id words, innermost element first."""
        return tuple([n for at in self._outline.ancestors(self._element) for n in self._outline.names[at].split()])

    def __repr__(self) -> str:
        return f"Place({self.tag_path!r}, {self.names!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.tag_path, self.names) == (other.tag_path, other.names)

    def __hash__(self) -> int:
        return hash((self.tag_path, self.names))

    def __reduce__(self) -> tuple[type[Place], tuple[Outline, int]]:
        """A copy takes along its own ancestors, not the pages that were cut together with its own."""
        outline, found = self._outline, self._outline.ancestors(self._element)
        parent = [*range(1, len(found)), -1][: len(found)]
        return Place, (
            Outline([outline.tags[a] for a in found], parent, [outline.names[a] for a in found]),
            0 if found else -1,
        )


@dataclass(frozen=True)
class BlockBatch:
    """The blocks of many documents as arrays: what the hot path works on.

    Parameters
    ----------
    text
        UTF-8 of all blocks, with ``b"\\n"`` before the first and after each; no block holds one.
    doc_offsets
        Document ``d`` owns the blocks ``doc_offsets[d]`` to ``doc_offsets[d + 1]``. Shape (n_docs + 1,).
    layout
        Where the blocks stand in their page; None for text without layout.
    spans
        Character offsets of each block in its document's own text, shape (n_blocks, 2). None where
        there is no such text: offsets then are those in the blocks joined by line ends.
    bounds
        Byte offset of each document's first block, and one past the last line end, shape (n_docs + 1,);
        found out where it is not told.
    preformatted
        By index, the texts of those blocks that have lines and spaces of their own (``<pre>``), as they are
        given back; ``text`` has them folded.

    Examples
    --------
    >>> batch = BlockBatch(b"\\nOne\\nTwo\\n", np.array([0, 2]))
    >>> batch.block(1)
    'Two'
    """

    text: bytes
    doc_offsets: IntArray
    layout: Layout | None = None
    spans: IntArray | None = None
    bounds: IntArray | None = None
    preformatted: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def block_offsets(self) -> IntArray:
        """Byte offset of each block's first byte, and one past the last line end. Shape (n_blocks + 1,)."""
        return np.flatnonzero(np.frombuffer(self.text, np.uint8) == 10) + 1

    def pieces(self, n_bytes: int) -> Iterator[BlockBatch]:
        """Documents of a batch without layout, in batches of about so many bytes; with layout all in one.

        Examples
        --------
        >>> batch = BlockBatch(b"\\nOne\\nTwo\\nThree\\n", np.array([0, 1, 1, 3]))
        >>> [(piece.blocks(), piece.doc_offsets.tolist()) for piece in batch.pieces(4)]
        [(['One'], [0, 1, 1]), (['Two', 'Three'], [0, 2])]
        """
        if self.layout is not None or len(self.text) <= n_bytes:
            yield self
            return
        bounds = self.block_offsets.take(self.doc_offsets) if self.bounds is None else self.bounds
        first = 0
        while first < self.n_docs:
            last = max(int(np.searchsorted(bounds, bounds[first] + n_bytes, "right")) - 1, first + 1)
            text = self.text[bounds[first] - 1 : bounds[last]]
            yield BlockBatch(text, self.doc_offsets[first : last + 1] - self.doc_offsets[first])
            first = last

    @property
    def n_blocks(self) -> int:
        return int(self.doc_offsets[-1])

    @property
    def n_docs(self) -> int:
        return len(self.doc_offsets) - 1

    def block(self, i: int) -> str:
        """Text of block ``i``."""
        return self.text[self.block_offsets[i] : self.block_offsets[i + 1] - 1].decode("utf-8")

    def blocks(self) -> list[str]:
        """Texts of all blocks, in order."""
        return self.text[1:-1].decode("utf-8").split("\n") if self.n_blocks else []


@dataclass(frozen=True, slots=True)
class Block:
    """One labelled block: the view a person asks for.

    ``start`` and ``end`` are character offsets: into the document's own text where it was plain
        text, else into its visible text, the blocks joined by line ends. ``score`` is the probability
        of ``label``, one of the six or a name that a model of one's own adds; ``probabilities`` holds
        those of all labels of the model, in its order, where they were asked for. ``tag_path`` and
        ``names`` (class and id words, innermost element first), what ``place`` says, are empty without
        layout.
    """

    text: str
    label: str
    score: float
    start: int
    end: int
    probabilities: tuple[float, ...] = ()
    link_chars: int = 0
    place: Place | None = None

    @property
    def tag_path(self) -> str:
        return self.place.tag_path if self.place else ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.place.names if self.place else ()

    @property
    def not_content(self) -> float:
        """Probability that the block is no content; where probabilities were not asked for, that of its label.

        The latter is never higher for a label other than content.
        """
        return 1.0 - self.probabilities[0] if self.probabilities else self.score


@dataclass(frozen=True, slots=True)
class LabelledBatch:
    """Documents of one media type with the labels of their blocks as arrays: what cleaning works on.

    Parameters
    ----------
    documents
        The documents, in order.
    batch
        Their blocks. Where only ``spans`` count (plain text), ``batch.text`` may be empty.
    labels
        Indices into ``names``. Shape (n_blocks,), int8.
    scores
        Probability of the label given. Shape (n_blocks,), float32.
    not_content
        Probability that a block is no content: what `Policy.dropped` asks for. Shape (n_blocks,), float64.
    probabilities
        Shape (n_blocks, n_labels), float32; None where only those two are known.
    names
        The model's labels in the order of columns: the six, and behind them those of one's own.
    """

    documents: Sequence[Document]
    batch: BlockBatch
    labels: npt.NDArray[np.int8]
    scores: FloatArray
    not_content: npt.NDArray[np.float64]
    probabilities: FloatArray | None = None
    names: tuple[str, ...] = LABELS

    @property
    def media_type(self) -> MediaType:
        return self.documents[0].media_type

    @property
    def texts(self) -> list[str]:
        """Texts of all blocks as they are given back, in order.

        Of documents that came as blocks they are the strings that came. Of markup and plain text white
        space is folded, but for that of ``<pre>``.
        """
        if self.media_type == "application/x-blocks":
            return list(chain.from_iterable(document.content for document in self.documents))  # type: ignore[misc]
        texts = self.batch.blocks()
        for i, text in self.batch.preformatted.items():
            texts[i] = text
        return texts

    @property
    def block_chars(self) -> IntArray:
        """Characters of each block as it is given back. Shape (n_blocks,)."""
        if self.batch.spans is not None:
            return np.asarray(self.batch.spans[:, 1] - self.batch.spans[:, 0])
        if self.batch.n_blocks == 0:
            return np.zeros(0, np.intp)
        begins = (np.frombuffer(self.batch.text, np.uint8) & 0xC0) != 0x80
        chars = np.add.reduceat(begins, self.batch.block_offsets[:-1], dtype=np.intp) - 1  # without its line end
        for i, text in self.batch.preformatted.items():
            chars[i] = len(text)
        return np.asarray(chars)

    @property
    def spans(self) -> IntArray:
        """Character offsets of each block, in its text or in its document's blocks joined by line ends.

        Shape (n_blocks, 2).
        """
        if self.batch.spans is not None:
            return self.batch.spans
        chars = self.block_chars
        ends = np.cumsum(chars + 1)
        bounds = np.concatenate([[0], ends])[self.batch.doc_offsets]
        starts = ends - chars - 1 - np.repeat(bounds[:-1], np.diff(self.batch.doc_offsets))
        return np.stack([starts, starts + chars], axis=1)


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document and its blocks in order, each with its label."""

    document: Document
    blocks: tuple[Block, ...]

    def __iter__(self) -> Iterator[Block]:
        return iter(self.blocks)

    @property
    def labels(self) -> list[str]:
        return [block.label for block in self.blocks]

    @property
    def scores(self) -> list[float]:
        return [block.score for block in self.blocks]

    def text(self, keep: frozenset[str] = frozenset({Label.CONTENT})) -> str:
        """Blocks whose label is in ``keep``, joined by line ends."""
        return "\n".join(block.text for block in self.blocks if block.label in keep)
