"""Word vectors by skip-gram with negative sampling (Mikolov et al., 2013)."""

from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn, optim

TEXT = """the king rules the land and the queen rules the land the king wears a crown and the queen wears a crown
the man walks the dog and the woman walks the dog the man works in the field and the woman works in the field
the dog chases the cat and the cat chases the mouse the mouse eats the cheese and the dog eats the bone"""


class SkipGram(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.center = nn.Embedding(vocab_size, dim)
        self.context = nn.Embedding(vocab_size, dim)
        nn.init.xavier_uniform_(self.center.weight)
        nn.init.xavier_uniform_(self.context.weight)

    def forward(self, center, positive, negative):
        v = self.center(center)
        score = torch.sum(v * self.context(positive), dim=1)
        noise = torch.bmm(self.context(negative), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(score) + F.logsigmoid(-noise).sum(dim=1)).mean()


torch.manual_seed(5)
words = TEXT.split()
counts = Counter(words)
vocab = [word for word, _ in counts.most_common()]
index = {word: i for i, word in enumerate(vocab)}
ids = [index[word] for word in words]
pairs = torch.tensor(
    [(ids[i], ids[j]) for i in range(len(ids)) for j in range(max(0, i - 2), min(len(ids), i + 3)) if i != j]
)
noise_weights = torch.tensor([counts[word] for word in vocab], dtype=torch.float32) ** 0.75

model = SkipGram(len(vocab), 16)
optimizer = optim.Adagrad(model.parameters(), lr=0.2)
batches = pairs[torch.randperm(len(pairs))].split(10)

for step, batch in enumerate(batches[:20]):
    negative = torch.multinomial(noise_weights, len(batch) * 5, replacement=True).view(len(batch), 5)
    loss = model(batch[:, 0], batch[:, 1], negative)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

with torch.no_grad():
    vectors = F.normalize(model.center.weight, dim=-1)
    similarity = vectors @ vectors[index["king"]]
    similarity[index["king"]] = -1
    print("nearest to king:", [vocab[i] for i in similarity.topk(3).indices.tolist()])
