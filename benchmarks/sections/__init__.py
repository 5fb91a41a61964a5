"""What is measured, a module a section; each has ``run(corpora, quick)``, which returns plain data for the report."""
