"""A sparse mixture of experts with a load-balancing loss, parameter groups, a resumed run and its printed optimizer."""

import io

import torch
import torch.nn as nn
import torch.nn.functional as F

EXPERTS, CHOSEN = 4, 2


class Expert(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.w1 = nn.Linear(dim, hidden, bias=False)
        self.w2 = nn.Linear(hidden, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class SparseMoE(nn.Module):
    def __init__(self, dim=16, hidden=32):
        super().__init__()
        self.gate = nn.Linear(dim, EXPERTS, bias=False)
        self.experts = nn.ModuleList([Expert(dim, hidden) for _ in range(EXPERTS)])

    def forward(self, states):
        batch, length, dim = states.shape
        x = states.view(-1, dim)
        logits = self.gate(x)
        weights, chosen = torch.topk(F.softmax(logits, dim=1, dtype=torch.float), CHOSEN, dim=-1)
        weights /= weights.sum(dim=-1, keepdim=True)
        out = torch.zeros((batch * length, dim), dtype=x.dtype, device=x.device)
        mask = F.one_hot(chosen, num_classes=EXPERTS).permute(2, 1, 0)
        for number, expert in enumerate(self.experts):
            place, top = torch.where(mask[number])
            out.index_add_(0, top, expert(x[None, top].reshape(-1, dim)) * weights[top, place, None])
        return out.reshape(batch, length, dim), logits


def balance(logits):
    weights = F.softmax(logits, -1)
    share = F.one_hot(weights.topk(CHOSEN, -1)[1], EXPERTS).float().mean(dim=0)
    return torch.sum(share * weights.mean(dim=0).unsqueeze(0)) * EXPERTS


def steps(model, optimizer, count):
    for step in range(count):
        output, logits = model(x)
        loss = F.mse_loss(output, y) + 0.01 * balance(logits)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.05)
        optimizer.step()
        print(f"{step} {loss:.4f} {norm:.4f}")


def made():
    model = SparseMoE()
    groups = [{"params": model.gate.parameters(), "lr": 1e-2}, {"params": model.experts.parameters()}]
    return model, torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)


torch.manual_seed(0)
model, optimizer = made()
x, y = torch.randn(4, 6, 16), torch.randn(4, 6, 16)
steps(model, optimizer, 4)
print(optimizer)
file = io.BytesIO()
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}, file)
steps(model, optimizer, 2)
file.seek(0)
saved = torch.load(file, map_location="cpu")
model, optimizer = made()
print(model.load_state_dict(saved["model"]), sorted(saved["optimizer"]["state"][0]))
optimizer.load_state_dict(saved["optimizer"])
torch.set_rng_state(saved["rng"])
steps(model, optimizer, 2)
print(torch.bincount(model(x)[1].topk(CHOSEN, -1).indices.flatten(), minlength=EXPERTS), torch.rand(2))
try:
    model.load_state_dict({"gate.weight": torch.ones(1), "other": torch.ones(1)})
except RuntimeError as error:
    print(error)
