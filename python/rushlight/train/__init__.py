"""Training an image classifier from a dataset to a report, as ``rushlight train`` does it."""

from rushlight.train.classifier import Classifier, Description, load_classifier
from rushlight.train.settings import Settings
from rushlight.train.trainer import Trainer

__all__ = ["Classifier", "Description", "Settings", "Trainer", "load_classifier"]
