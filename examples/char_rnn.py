"""Learn the characters of a nursery rhyme with a GRU, then write some."""

import torch
from torch import nn

TEXT = """Twinkle, twinkle, little star, how I wonder what you are.
Up above the world so high, like a diamond in the sky.
When the blazing sun is gone, when he nothing shines upon,
then you show your little light, twinkle, twinkle, all the night.
"""


class CharRNN(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocab, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, x, h=None):
        y, h = self.gru(self.embed(x), h)
        return self.out(y), h


@torch.no_grad()
def generate(model, stoi, itos, prompt, length):
    model.eval()
    x = torch.tensor([[stoi[c] for c in prompt]])
    text, h = prompt, None
    for _ in range(length):
        logits, h = model(x, h)
        probs = torch.softmax(logits[:, -1] / 0.8, dim=-1)
        x = torch.multinomial(probs, num_samples=1)
        text += itos[x.item()]
    return text


torch.manual_seed(1337)
chars = sorted(set(TEXT))
stoi = {c: i for i, c in enumerate(chars)}
itos = dict(enumerate(chars))
data = torch.tensor([stoi[c] for c in TEXT], dtype=torch.long)

model = CharRNN(len(chars), 64)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
block, batch = 32, 16

for step in range(20):
    ix = torch.randint(len(data) - block, (batch,))
    x = torch.stack([data[i : i + block] for i in ix])
    y = torch.stack([data[i + 1 : i + block + 1] for i in ix])
    logits, _ = model(x)
    loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

print(repr(generate(model, stoi, itos, "Twinkle", 40)))
