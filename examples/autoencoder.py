"""A convolutional denoising autoencoder of handwritten digits."""

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset


class Autoencoder(nn.Module):
    def __init__(self, code=12):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
            nn.ELU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(32 * 2 * 2, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 32 * 2 * 2),
            nn.Unflatten(1, (32, 2, 2)),
            nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
            nn.ELU(),
            nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


torch.manual_seed(0)
images = torch.tensor(load_digits().images / 16, dtype=torch.float).unsqueeze(1)
dataset = TensorDataset(images)
sampler = BatchSampler(RandomSampler(dataset), batch_size=80, drop_last=True)
loader = DataLoader(dataset, sampler=sampler, batch_size=None)

model = Autoencoder()
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.95)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.97)
criterion = nn.MSELoss()
print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

for step, (clean,) in enumerate(loader):
    if step == 20:
        break
    noisy = (clean + 0.2 * torch.randn_like(clean)).clamp(0, 1)
    loss = criterion(model(noisy), clean)
    for p in model.parameters():
        p.grad = None
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")
