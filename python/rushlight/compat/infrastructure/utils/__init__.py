"""Parts of ``torch.utils`` that concern where programs and files come from."""
