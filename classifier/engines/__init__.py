"""Engines that run a Cleaner over many documents: thin shells; but for ``local``, each is of an extra's users."""
