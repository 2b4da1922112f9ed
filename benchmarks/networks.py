"""The networks that are timed: each function returns one training step as a call."""


def cnn(package):
    """Three convolutions on 32x32 images, batch 128, AdamW."""
    nn, F = package.nn, package.nn.functional
    package.manual_seed(0)
    layers = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))
    x, y = package.rand(128, 3, 32, 32), package.randint(10, (128,))
    return step(package, model, lambda: F.cross_entropy(model(x), y))


def resnet(package):
    """ResNet-18 on 224x224 images, batch 8, AdamW."""
    nn, F = package.nn, package.nn.functional

    class Block(nn.Module):
        def __init__(self, before, after, stride):
            super().__init__()
            self.first, self.second = (
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.Conv2d(after, after, 3, 1, 1, bias=False),
            )
            self.norm1, self.norm2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
            self.short = None
            if stride > 1 or before != after:
                self.short = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

        def forward(self, x):
            y = self.norm2(self.second(F.relu(self.norm1(self.first(x)))))
            return F.relu(y + (x if self.short is None else self.short(x)))

    package.manual_seed(0)
    blocks = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for after, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        blocks.append(Block(width, after, stride))
        width = after
    model = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    x, y = package.rand(8, 3, 224, 224), package.randint(1000, (8,))
    return step(package, model, lambda: F.cross_entropy(model(x), y))


def gpt(package):
    """A transformer of 4 layers, width 128, 64 tokens, batch 12, AdamW."""
    nn, F = package.nn, package.nn.functional

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            n, t, c = x.shape
            q, k, v = (p.view(n, t, self.heads, -1).transpose(1, 2) for p in self.qkv(self.norm1(x)).split(c, dim=2))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).reshape(n, t, c))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class Model(nn.Module):
        def __init__(self, tokens=65, width=128, length=64, layers=4, heads=4):
            super().__init__()
            self.token, self.place = nn.Embedding(tokens, width), nn.Embedding(length, width)
            self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens, bias=False)

        def forward(self, x):
            places = package.arange(x.shape[1])
            return self.head(self.norm(self.blocks(self.token(x) + self.place(places))))

    package.manual_seed(0)
    model = Model()
    x, y = package.randint(65, (12, 64)), package.randint(65, (12, 64))
    return step(package, model, lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten()))


def step(package, model, loss):
    """Return a call that takes one step of AdamW and returns the loss."""
    optimizer = package.optim.AdamW(model.parameters(), lr=1e-3)

    def call():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    return call


NETWORKS = {
    "3-convolution network, 32x32, batch 128, AdamW step": cnn,
    "ResNet-18, 224x224, batch 8, AdamW step": resnet,
    "GPT, 4 layers of 128, 64 tokens, batch 12, AdamW step": gpt,
}
