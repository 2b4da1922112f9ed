"""A generative adversarial network that learns eight points on a circle."""

import math

import torch
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self, latent_dim=8):
        super().__init__()

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(*block(latent_dim, 32, normalize=False), *block(32, 64), nn.Linear(64, 2), nn.Tanh())

    def forward(self, z):
        return self.model(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(2, 64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout(0.2),
            nn.Linear(64, 32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(32, 1),
        )

    def forward(self, x):
        return self.model(x)


def sample_real(n):
    angle = torch.randint(8, (n,)) * (math.pi / 4)
    centre = torch.stack((angle.cos(), angle.sin()), dim=1)
    return 0.8 * centre + 0.02 * torch.randn(n, 2)


torch.manual_seed(42)
generator, discriminator = Generator(), Discriminator()
adversarial_loss = nn.BCEWithLogitsLoss()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
n = 64
valid, fake = torch.ones(n, 1), torch.zeros(n, 1)

for step in range(20):
    real = sample_real(n)

    optimizer_G.zero_grad()
    gen = generator(torch.randn(n, 8))
    g_loss = adversarial_loss(discriminator(gen), valid)
    g_loss.backward()
    optimizer_G.step()

    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(real), valid)
    fake_loss = adversarial_loss(discriminator(gen.detach()), fake)
    d_loss = (real_loss + fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()
    print(f"step {step:2d}  loss {d_loss.item():.8g}  generator {g_loss.item():.8g}")
