"""``torch.fx.experimental``: what the capture of graphs asks of a program."""
