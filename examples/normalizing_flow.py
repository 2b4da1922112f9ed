"""A normalizing flow of affine coupling layers (Dinh et al., 2017) that learns the density of two moons."""

import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn, optim
from torch.distributions import MultivariateNormal, TransformedDistribution
from torch.distributions.transforms import AffineTransform


class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.net = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(), nn.Linear(32, 4))

    def parts(self, x):
        scale, shift = self.net(x * self.mask).chunk(2, dim=1)
        return torch.tanh(scale) * (1 - self.mask), shift * (1 - self.mask)

    def forward(self, x):
        scale, shift = self.parts(x)
        return x * scale.exp() + shift, scale.sum(dim=1)

    def inverse(self, y):
        scale, shift = self.parts(y)
        return (y - shift) * torch.exp(-scale)


class Flow(nn.Module):
    def __init__(self, layers=6):
        super().__init__()
        masks = torch.eye(2).repeat(layers // 2, 1)
        self.couplings = nn.ModuleList(Coupling(mask) for mask in masks)
        self.register_buffer("loc", torch.zeros(2))
        self.register_buffer("covariance", torch.eye(2))

    @property
    def base(self):
        normal = MultivariateNormal(self.loc, self.covariance)
        return TransformedDistribution(normal, AffineTransform(0.0, 1.2, event_dim=1))

    def log_prob(self, x):
        log_det = torch.zeros(len(x))
        for coupling in self.couplings:
            x, more = coupling(x)
            log_det += more
        return self.base.log_prob(x) + log_det

    @torch.no_grad()
    def sample(self, count):
        x = self.base.sample((count,))
        for coupling in reversed(self.couplings):
            x = coupling.inverse(x)
        return x


torch.manual_seed(0)
points, _ = make_moons(4096, noise=0.05, random_state=0)
points = torch.from_numpy(((points - points.mean(0)) / points.std(0)).astype(np.float32))
flow = Flow()
optimizer = optim.AdamW(flow.parameters(), lr=5e-3)

for step, batch in enumerate(points.split(200)[:20]):
    loss = -flow.log_prob(batch).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

samples = flow.sample(1000)
print(f"samples: mean {samples.mean(0).tolist()}, covariance {torch.cov(samples.T).tolist()}")
