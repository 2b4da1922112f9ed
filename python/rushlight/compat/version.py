"""The PyTorch release whose API Rushlight follows."""

FOLLOWED = "2.15.0"
