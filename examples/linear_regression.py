"""Fit a line through noisy points."""

import torch
from torch import nn

torch.manual_seed(0)

x = torch.linspace(-1, 1, 100).unsqueeze(1)
y = 3 * x - 0.5 + 0.1 * torch.randn(x.size())

model = nn.Linear(1, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)

for step in range(20):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"step {step:2d}  loss {loss.item():.8g}  lr {scheduler.get_last_lr()[0]:.4g}")

print(f"y = {model.weight.item():.4f} x + {model.bias.item():.4f}")
