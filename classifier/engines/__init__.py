"""Engines that run a Cleaner over many documents: thin shells, each a module that its extra's users import."""
