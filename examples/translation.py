"""A transformer that translates digit strings into their reverse (Vaswani et al., 2017)."""

import math

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

PAD, BOS, EOS = 0, 1, 2
VOCAB = 13


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=64):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[:, : x.size(1)])


class Translator(nn.Module):
    def __init__(self, d_model=32, nhead=4, layers=2):
        super().__init__()
        self.scale = math.sqrt(d_model)
        self.source = nn.Embedding(VOCAB, d_model, padding_idx=PAD)
        self.target = nn.Embedding(VOCAB, d_model, padding_idx=PAD)
        self.position = PositionalEncoding(d_model)
        self.transformer = nn.Transformer(
            d_model,
            nhead,
            num_encoder_layers=layers,
            num_decoder_layers=layers,
            dim_feedforward=64,
            dropout=0.1,
            batch_first=True,
        )
        self.generator = nn.Linear(d_model, VOCAB)
        for p in self.transformer.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def forward(self, src, tgt):
        mask = torch.triu(torch.ones(tgt.size(1), tgt.size(1), dtype=torch.bool), diagonal=1)
        out = self.transformer(
            self.position(self.source(src) * self.scale),
            self.position(self.target(tgt) * self.scale),
            tgt_mask=mask,
            src_key_padding_mask=src == PAD,
            tgt_key_padding_mask=tgt == PAD,
            memory_key_padding_mask=src == PAD,
        )
        return self.generator(out)


def make_batch(n):
    lengths = torch.randint(3, 9, (n,)).tolist()
    words = [torch.randint(3, VOCAB, (length,)) for length in lengths]
    src = pad_sequence(words, batch_first=True, padding_value=PAD)
    tgt = [torch.cat([torch.tensor([BOS]), word.flip(0), torch.tensor([EOS])]) for word in words]
    return src, pad_sequence(tgt, batch_first=True, padding_value=PAD)


torch.manual_seed(0)
model = Translator()
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-6)
warmup = 100
scheduler = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda step: 32**-0.5 * min((step + 1) ** -0.5, (step + 1) * warmup**-1.5)
)

model.train()
for step in range(20):
    src, tgt = make_batch(24)
    logits = model(src, tgt[:, :-1])
    loss = criterion(logits.flatten(0, 1), tgt[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"step {step:2d}  loss {loss.item():.8g}  tokens {int((tgt[:, 1:] != PAD).sum())}")
