"""A two-layer LSTM language model over words, trained by truncated backpropagation through time."""

import math

import torch
import torch.nn as nn

RHYME = """this is the house that jack built this is the malt that lay in the house that jack built
this is the rat that ate the malt that lay in the house that jack built
this is the cat that killed the rat that ate the malt that lay in the house that jack built
this is the dog that worried the cat that killed the rat that ate the malt that lay in the house that jack built
this is the cow with the crumpled horn that tossed the dog that worried the cat that killed the rat that ate the malt
that lay in the house that jack built"""


class Corpus:
    def __init__(self, text):
        self.words = sorted(set(text.split()))
        self.index = {word: i for i, word in enumerate(self.words)}
        self.ids = torch.tensor([self.index[word] for word in text.split()], dtype=torch.int64)


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    return data.narrow(0, 0, nbatch * bsz).view(bsz, -1).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp, nhid, nlayers, dropout=0.2):
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid, nlayers, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        self.nhid, self.nlayers = nhid, nlayers
        self.init_weights()

    def init_weights(self):
        initrange = 0.1
        nn.init.uniform_(self.encoder.weight, -initrange, initrange)
        nn.init.zeros_(self.decoder.bias)
        nn.init.uniform_(self.decoder.weight, -initrange, initrange)

    def forward(self, input, hidden):
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output))
        return decoded.view(-1, decoded.size(-1)), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return weight.new_zeros(self.nlayers, bsz, self.nhid), weight.new_zeros(self.nlayers, bsz, self.nhid)


def repackage_hidden(h):
    """Cut hidden states from their history."""
    return h.detach() if isinstance(h, torch.Tensor) else tuple(repackage_hidden(v) for v in h)


torch.manual_seed(1111)
corpus = Corpus(RHYME)
data = batchify(corpus.ids.repeat(4), 8)
model = RNNModel(len(corpus.words), 32, 48, 2)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.25, patience=2)
bptt = 10

step = 0
while step < 20:
    model.train()
    hidden = model.init_hidden(8)
    for i in range(0, data.size(0) - 1, bptt):
        if step == 20:
            break
        seq_len = min(bptt, len(data) - 1 - i)
        source, target = data[i : i + seq_len], data[i + 1 : i + 1 + seq_len].view(-1)
        model.zero_grad()
        hidden = repackage_hidden(hidden)
        output, hidden = model(source, hidden)
        loss = criterion(output, target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        scheduler.step(loss.item())
        print(f"step {step:2d}  loss {loss.item():.8g}  perplexity {math.exp(loss.item()):.6g}")
        step += 1
