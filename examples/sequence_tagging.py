"""A bidirectional LSTM over packed sequences that marks the brackets without a partner."""

import random

import torch
from torch import nn, optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

ALPHABET = {"<pad>": 0, "(": 1, ")": 2, "a": 3}
IGNORED = -100


class Brackets(Dataset):
    def __init__(self, count, seed):
        rng = random.Random(seed)
        self.texts = ["".join(rng.choices("()a", k=rng.randint(3, 14))) for _ in range(count)]

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, index):
        text, lonely, opened = self.texts[index], set(), []
        for place, letter in enumerate(text):
            if letter == "(":
                opened.append(place)
            elif letter == ")" and not opened:
                lonely.add(place)
            elif letter == ")":
                opened.pop()
        lonely.update(opened)
        return [ALPHABET[letter] for letter in text], [int(place in lonely) for place in range(len(text))]


def collate(batch):
    texts, tags = zip(*sorted(batch, key=lambda pair: len(pair[0]), reverse=True), strict=True)
    lengths = torch.tensor([len(text) for text in texts])
    texts = pad_sequence([torch.tensor(text) for text in texts], batch_first=True)
    tags = pad_sequence([torch.tensor(tag) for tag in tags], batch_first=True, padding_value=IGNORED)
    return texts, lengths, tags


class Tagger(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), width, padding_idx=0)
        self.lstm = nn.LSTM(width, width, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
        self.head = nn.Linear(2 * width, 2)

    def forward(self, texts, lengths):
        packed = pack_padded_sequence(self.embedding(texts), lengths, batch_first=True)
        states, _ = self.lstm(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)
        return self.head(states)


torch.manual_seed(0)
dataset = Brackets(400, seed=0)
weights = torch.tensor([float(len(text)) for text in dataset.texts])
sampler = WeightedRandomSampler(weights, num_samples=20 * 32, replacement=True)
loader = DataLoader(dataset, batch_size=32, sampler=sampler, collate_fn=collate, num_workers=2)
model, criterion = Tagger(), nn.CrossEntropyLoss(ignore_index=IGNORED)
optimizer = optim.RAdam(model.parameters(), lr=1e-2)

for step, (texts, lengths, tags) in enumerate(loader):
    loss = criterion(model(texts, lengths).transpose(1, 2), tags)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

model.eval()
with torch.no_grad():
    texts, lengths, tags = collate([dataset[i] for i in range(100)])
    right = (model(texts, lengths).argmax(-1) == tags)[tags != IGNORED]
print(f"right: {right.float().mean():.3f}")
