"""Curation of image collections: hashes, duplicates, filters.

>>> from rushlight.image.curation import hamming_distance
>>> hamming_distance(0b1100, 0b1010)
2
"""

from rushlight.image.curation._aesthetic import AestheticScorer
from rushlight.image.curation._deduplicate import Deduplication, Duplicate, Group, deduplicate
from rushlight.image.curation._files import image_files
from rushlight.image.curation._filter import Filtered, filter_dataset
from rushlight.image.curation._hashes import Hashes, hamming_distance, hamming_pairs, phash, phash_batch
