"""Thin shells that run a cleaner over whole corpora; ``local`` is the one of this machine."""
