"""Fifty clients label at once: every label is there afterwards, none twice, none in another's place."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import httpx2
import pytest

from classifier.journal import journal_of
from training.dataset import UNKNOWN, read_labelled_pages

pytestmark = pytest.mark.load

N_CLIENTS, N_LABELS_EACH, N_PAGES = 50, 20, 5


def test_fifty_clients(tmp_path: Path) -> None:
    pages, labels = tmp_path / "pages", tmp_path / "labels.jsonl"
    pages.mkdir()
    n_blocks = N_CLIENTS * N_LABELS_EACH // N_PAGES
    for page in range(N_PAGES):
        text = "\n\n".join(f"Page {page}, paragraph {i}, of the ferry." for i in range(n_blocks))
        (pages / f"{page}.txt").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", "from classifier.cli import main; main()", "review", "--no-open"]
    process = subprocess.Popen([*command, str(pages), "--labels", str(labels)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        address = found[0]
        origin = address.rsplit("/", 2)[0]
        with httpx2.Client(base_url=address, headers={"origin": origin}, timeout=60) as client:
            while not (told := client.get("documents").json())["is_complete"]:
                pass
        keys = [entry["key"] for entry in told["documents"]]
        assert len(keys) == N_PAGES

        def label(client_number: int) -> list[float]:
            times = []
            key = keys[client_number % N_PAGES]
            with httpx2.Client(base_url=address, headers={"origin": origin}, timeout=60) as client:
                client.get("").raise_for_status()
                client.get(f"documents/{key}").raise_for_status()
                for k in range(N_LABELS_EACH):
                    i = client_number // N_PAGES * N_LABELS_EACH + k
                    start = perf_counter()
                    answer = client.post(f"documents/{key}/labels", json={"changes": [[i, i, i % 6, None]]})
                    times.append(perf_counter() - start)
                    assert answer.json()["conflicts"] == []
                    if k % 5 == 0:
                        client.get(f"documents/{key}/reasons?first={i}").raise_for_status()
                        client.get(f"documents/{key}/changes?since=0").raise_for_status()
            return times

        start = perf_counter()
        with ThreadPoolExecutor(N_CLIENTS) as pool:
            times = [time for of_client in pool.map(label, range(N_CLIENTS)) for time in of_client]
        elapsed_s = perf_counter() - start
        middle, slow = (1000 * quantiles(times, n=100)[k] for k in (49, 98))
        print(f"\n{len(times)} labels in {elapsed_s:.1f} s: median {middle:.0f} ms, 99 % within {slow:.0f} ms")
        process.kill()  # not even asked to end in order
        process.wait(20)
    finally:
        process.kill()
        process.communicate()
    read = read_labelled_pages([labels])
    assert len(read) == N_PAGES
    for page_read in read:
        assert UNKNOWN not in page_read.labels
        assert page_read.labels.tolist() == [i % 6 for i in range(n_blocks)]
    assert journal_of(labels).exists()
