"""A denoising diffusion model (Ho et al., 2020) of handwritten digits, sampled from a moving average of its weights."""

import math

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

STEPS = 40


class TimeEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("frequencies", torch.exp(-math.log(10000) * torch.arange(dim // 2) / (dim // 2 - 1)))

    def forward(self, t):
        angles = t[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, time):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.GroupNorm(4, outputs)
        self.time = nn.Linear(time, 2 * outputs)

    def forward(self, x, t):
        scale, shift = self.time(t)[:, :, None, None].chunk(2, dim=1)
        return F.silu(self.norm(self.conv(x)) * (scale + 1) + shift)


class UNet(nn.Module):
    def __init__(self, width=16, time=32):
        super().__init__()
        self.time = nn.Sequential(TimeEmbedding(time), nn.Linear(time, time), nn.GELU())
        self.inward, self.down = Block(1, width, time), Block(4 * width, 2 * width, time)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.outward, self.last = Block(2 * width, width, time), nn.Conv2d(width, 1, 1)

    def forward(self, x, t):
        t = self.time(t)
        wide = self.inward(x, t)
        low = self.down(F.pixel_unshuffle(wide, 2), t)
        return self.last(self.outward(torch.cat([wide, self.up(low)], dim=1), t))


def cosine_schedule(steps, offset=0.008):
    """Nichol and Dhariwal, 2021."""
    x = torch.linspace(0, 1, steps + 1)
    kept = torch.cos((x + offset) / (1 + offset) * math.pi / 2) ** 2
    return torch.clip(1 - kept[1:] / kept[:-1], 1e-4, 0.999)


betas = cosine_schedule(STEPS)
kept = torch.cumprod(1 - betas, dim=0)


@torch.inference_mode()
def sample(net, count):
    x = torch.randn(count, 1, 8, 8)
    for t in reversed(range(STEPS)):
        noise = net(x, torch.full((count,), t))
        x = (x - betas[t] / (1 - kept[t]).sqrt() * noise) * (1 - betas[t]).rsqrt()
        if t > 0:
            x += (betas[t] * (1 - kept[t - 1]) / (1 - kept[t])).sqrt() * torch.randn_like(x)
    return x.clamp(-1, 1)


torch.manual_seed(0)
images = torch.from_numpy(load_digits().images).float().unsqueeze(1) / 8 - 1
dataset = TensorDataset(images)
loader = DataLoader(dataset, batch_size=64, sampler=RandomSampler(dataset, replacement=True, num_samples=20 * 64))
net = UNet()
average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
optimizer = optim.AdamW(net.parameters(), lr=2e-3)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=20)

for step, (clean,) in enumerate(loader):
    t, noise = torch.randint(STEPS, (len(clean),)), torch.randn_like(clean)
    signal = kept.gather(0, t).view(-1, 1, 1, 1)
    loss = F.mse_loss(net(signal.sqrt() * clean + (1 - signal).sqrt() * noise, t), noise)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    average.update_parameters(net)
    print(f"step {step:2d}  loss {loss.item():.8g}")

drawn = sample(average.eval(), 4)
print(f"samples of shape {tuple(drawn.shape)} with mean {drawn.mean():.2f}")
