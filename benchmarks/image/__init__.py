"""Images: each script measures Rushlight and its rivals in turn on real photographs and prints the ratios.

``python -m benchmarks.image.jpeg --data FOLDER``; the folder holds ``photos/camera/*.jpg`` and ``kodak/*.png``. The rivals are those of
``requirements/bench-image.txt``; one that is not installed is left out.
"""
