"""What the repository checks itself with: ``python -m tools.NAME``."""
