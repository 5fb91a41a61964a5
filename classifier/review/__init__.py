"""A local web page on which a person checks and corrects labels; see docs/review.md."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import uvicorn

from classifier.cleaner import Cleaner
from classifier.errors import ConfigError
from classifier.labels import with_added
from classifier.review.app import Review
from classifier.review.guard import new_token
from classifier.review.store import LabelStore
from classifier.types import Document

__all__ = ["serve"]


def serve(
    cleaner: Cleaner,
    documents: Iterable[Document],
    labels: Path,
    port: int,
    announce: Callable[[str], None],
    added: Sequence[str] = (),
) -> None:
    """Serve the review page on the loopback interface until the process is told to end.

    Parameters
    ----------
    cleaner
        Labels the documents.
    documents
        What is reviewed, read in the background.
    labels
        The label file.
    port
        Where to listen; 0 takes a free one.
    announce
        Told the address, token and all, once connections are accepted.
    added
        Labels that the page offers beside those of the model.

    Raises
    ------
    ConfigError
        Where the port is taken, another review writes to the label file, or an added label has no good name.
    LabelsError
        Where the label file breaks its format.
    """
    names = with_added(cleaner.labels, added)
    listening = _listen(port)
    try:
        store = LabelStore(labels, names)
    except BaseException:
        listening.close()
        raise
    token, port = new_token(), listening.getsockname()[1]
    app = Review(cleaner, store, documents).app(token, port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=3
    )
    announce(f"http://127.0.0.1:{port}/{token}/")
    uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"port {port}: {error.strerror or error}, expected a free one (--port 0 finds one)"
        ) from error
    return listening
