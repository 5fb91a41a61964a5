"""Every error that denag raises on purpose.

::

    DenagError
    ├── InputError        a file or row that can not be read, or is torn: where, what was found, what was expected
    ├── ArtefactError     a model folder that is missing, torn or not what it claims to be
    ├── LabelsError       a labelled page that breaks the label format
    ├── RunError          a batch run that could not be finished; what it finished is kept
    └── ConfigError       options that contradict each other or are out of range

A bad document is an ``InputError`` that a batch run counts and passes over; a bad model stops
the run. No error is ever turned into "no content".
"""

from __future__ import annotations


class DenagError(Exception):
    """Root of the tree; catching it catches everything denag raises on purpose."""


class InputError(DenagError):
    """An input file or row that can not be read as what it should be."""


class ArtefactError(DenagError):
    """A model folder that is missing, torn, or not what it claims to be."""


class LabelsError(DenagError):
    """A labelled page that breaks the label format."""


class ConfigError(DenagError):
    """Options that contradict each other or lie outside their range."""


class RunError(DenagError):
    """A batch run that could not be finished: a full disk, a worker that was killed; finished parts are kept."""
