"""A siamese network: embeddings of handwritten digits in which equal digits lie close together."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class PairDataset(Dataset):
    """Pairs of digits; the target is 1 for pairs of the same digit."""

    def __init__(self, images, labels, seed=0):
        self.images = torch.as_tensor(images, dtype=torch.float32)[:, None] / 16
        self.labels = labels
        self.rng = np.random.default_rng(seed)
        self.by_class = {c: np.flatnonzero(labels == c) for c in np.unique(labels)}

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        same = int(self.rng.integers(2))
        label = self.labels[index]
        if not same:
            label = (label + self.rng.integers(1, 10)) % 10
        other = self.rng.choice(self.by_class[label])
        return self.images[index], self.images[other], torch.tensor(float(same))


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.GroupNorm(4, 8),
            nn.SiLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.GroupNorm(4, 16),
            nn.SiLU(),
        )
        self.head = nn.Linear(16 * 4 * 4, 16)

    def forward(self, x):
        return F.normalize(self.head(self.cnn(x).flatten(start_dim=1)), dim=1)


class ContrastiveLoss(nn.Module):
    """Hadsell, Chopra and LeCun, 2006."""

    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        distance = F.pairwise_distance(a, b)
        apart = torch.clamp(self.margin - distance, min=0.0)
        return (same * distance.pow(2) + (1 - same) * apart.pow(2)).mean()


torch.manual_seed(3)
digits = load_digits()
loader = DataLoader(PairDataset(digits.images, digits.target), batch_size=64, shuffle=True, num_workers=0)
net, criterion = Embedding(), ContrastiveLoss()
optimizer = optim.NAdam(net.parameters(), lr=5e-3)

for step, (first, second, same) in enumerate(loader):
    if step >= 20:
        break
    loss = criterion(net(first), net(second), same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

net.eval()
with torch.inference_mode():
    points = net(torch.as_tensor(digits.images[:200], dtype=torch.float32).unsqueeze(1) / 16)
    distance = torch.cdist(points, points).fill_diagonal_(float("inf"))
    nearest = torch.from_numpy(digits.target[:200])[distance.argmin(dim=1)]
print(f"nearest neighbour right: {(nearest.numpy() == digits.target[:200]).mean():.3f}")
