"""A neural differential equation that learns a spiral, integrated by the classical Runge-Kutta method."""

import torch
from torch import nn

TRUE_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])


class Spiral(nn.Module):
    def forward(self, t, y):
        return torch.mm(y**3, TRUE_A)


class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y**3)


def odeint(func, y0, times):
    path = [y0]
    for t0, t1 in zip(times[:-1], times[1:]):
        h, y = t1 - t0, path[-1]
        k1 = func(t0, y)
        k2 = func(t0 + h / 2, y + h * k1 / 2)
        k3 = func(t0 + h / 2, y + h * k2 / 2)
        k4 = func(t1, y + h * k3)
        path.append(y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return torch.stack(path)


torch.manual_seed(0)
t = torch.linspace(0.0, 25.0, 1000)
with torch.no_grad():
    true_y = odeint(Spiral(), torch.tensor([[2.0, 0.0]]), t)

func = ODEFunc()
optimizer = torch.optim.Adamax(func.parameters(), lr=1e-2)

for step in range(20):
    start = torch.randperm(len(t) - 10)[:20]
    batch_y0 = true_y[start]
    batch_y = torch.stack([true_y[start + i] for i in range(10)], dim=0)
    pred_y = odeint(func, batch_y0.squeeze(1), t[:10])
    loss = torch.mean(torch.abs(pred_y - batch_y.squeeze(2)))
    grads = torch.autograd.grad(loss, list(func.parameters()))
    for p, g in zip(func.parameters(), grads):
        p.grad = g
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")
