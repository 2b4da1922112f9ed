"""Model-agnostic meta-learning (Finn et al., 2017): weights from which one gradient step fits a new sine wave."""

import math
from functools import partial

import torch
from torch import nn, optim
from torch.func import functional_call, grad, jacrev, vmap
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


def task_loss(parameters, x, y):
    return F.mse_loss(functional_call(net, parameters, (x,)), y)


def adapted_loss(parameters, known_x, known_y, new_x, new_y, rate=0.1):
    gradients = grad(task_loss)(parameters, known_x, known_y)
    adapted = {name: value - rate * gradients[name] for name, value in parameters.items()}
    return task_loss(adapted, new_x, new_y)


def sine_waves(tasks, points):
    amplitude, phase = 0.1 + 4.9 * torch.rand(tasks, 1, 1), math.pi * torch.rand(tasks, 1, 1)
    x = 10 * torch.rand(2, tasks, points, 1) - 5
    y = amplitude * torch.sin(x + phase)
    return x[0], y[0], x[1], y[1]


for linear in net[::2]:
    nn.init.xavier_normal_(linear.weight)
parameters = dict(net.named_parameters())
optimizer = optim.Adam(net.parameters(), lr=3e-3)

for step in range(20):
    losses = vmap(partial(adapted_loss, parameters))(*sine_waves(tasks=16, points=10))
    loss = losses.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

fixed = {name: value.detach() for name, value in parameters.items()}
slope = vmap(jacrev(lambda x: functional_call(net, fixed, (x,))))(torch.linspace(-5, 5, 5).unsqueeze(1))
print(f"slopes {slope.flatten().tolist()}")
