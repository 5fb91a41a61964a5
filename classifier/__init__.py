"""denag: labels the blocks of web documents and gives the documents back without the nags."""

from classifier.cleaner import Cleaner, LabelledBlocks
from classifier.errors import ArtefactError, ConfigError, DenagError, InputError, LabelsError
from classifier.explain import Explanation
from classifier.policy import Policy
from classifier.types import LABELS, NAGS, Block, BlockBatch, Document, Label, LabelledDocument

__version__ = "0.1.0"

__all__ = [
    "LABELS",
    "NAGS",
    "ArtefactError",
    "Block",
    "BlockBatch",
    "Cleaner",
    "ConfigError",
    "DenagError",
    "Document",
    "Explanation",
    "InputError",
    "Label",
    "LabelledBlocks",
    "LabelledDocument",
    "LabelsError",
    "Policy",
]
