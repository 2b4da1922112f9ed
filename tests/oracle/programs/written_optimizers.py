"""Optimizers that a program writes itself: closures, state, two steps around a base optimizer, natural gradients."""

import torch
from torch.optim import Optimizer


class Lion(Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["weight_decay"])
                state = self.state[p]
                if len(state) == 0:
                    state["exp_avg"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                average = state["exp_avg"]
                p.add_((average * first + p.grad * (1 - first)).sign_(), alpha=-group["lr"])
                average.mul_(second).add_(p.grad, alpha=1 - second)
        return loss


class SAM(Optimizer):
    def __init__(self, params, base, rho=0.05, **kwargs):
        super().__init__(params, dict(rho=rho, **kwargs))
        self.base = base(self.param_groups, **kwargs)
        self.param_groups = self.base.param_groups
        self.defaults.update(self.base.defaults)

    @torch.no_grad()
    def first_step(self):
        norm = torch.norm(torch.stack([p.grad.norm(p=2) for g in self.param_groups for p in g["params"]]), p=2)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["old"] = p.data.clone()
                p.add_(p.grad * (group["rho"] / (norm + 1e-12)).to(p))
        self.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.data = self.state[p]["old"]
        self.base.step()
        self.zero_grad()


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.ELU(), torch.nn.Linear(8, 1))


torch.manual_seed(0)
X = torch.randn(64, 5)
Y = (X @ torch.randn(5, 1)).tanh()
criterion = torch.nn.MSELoss()

model = network()
optimizer = Lion(model.parameters(), lr=0.01, weight_decay=0.01)


def closure():
    optimizer.zero_grad()
    loss = criterion(model(X), Y)
    loss.backward()
    return loss


print([round(optimizer.step(closure).item(), 4) for _ in range(5)], optimizer)
again = Lion(network().parameters(), lr=9.0)
again.load_state_dict(optimizer.state_dict())
print(again.param_groups[0]["lr"], again.state[again.param_groups[0]["params"][1]]["exp_avg"])

model = network()
sam = SAM(model.parameters(), torch.optim.SGD, lr=0.1, momentum=0.9)
for _ in range(4):
    loss = criterion(model(X), Y)
    loss.backward()
    sam.first_step()
    criterion(model(X), Y).backward()
    sam.second_step()
    print(f"{loss.item():.4f}")

weight, target = torch.zeros(5, requires_grad=True), (X[:, 0] > 0).float()
for _ in range(3):
    p = torch.sigmoid(X @ weight)
    loss = torch.nn.functional.binary_cross_entropy(p, target)
    (gradient,) = torch.autograd.grad(loss, weight)
    fisher = (X * (p * (1 - p)).detach()[:, None]).T @ X / len(X) + 1e-3 * torch.eye(5)
    with torch.no_grad():
        weight -= torch.linalg.solve(fisher, gradient)
    print(f"{loss:.4f}", weight.detach().numpy().round(3))

for attempt in (
    lambda: Lion([torch.ones(2)], lr=-1),
    lambda: torch.optim.SGD([torch.ones(2, requires_grad=True) * 2], lr=0.1),
    lambda: torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True),
    lambda: torch.optim.Adam(model.parameters(), betas=(1.0, 0.9)),
    lambda: again.load_state_dict({"state": {}, "param_groups": []}),
):
    try:
        attempt()
    except ValueError as error:
        print(type(error).__name__, error)
