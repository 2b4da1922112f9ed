"""Deep Q-learning with replay and a target network on a chain of states (Mnih et al., 2015)."""

import copy
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward", "done"))
LENGTH = 8


class Chain:
    """Action 1 steps right, action 0 falls back to the start; the last state pays 1."""

    def reset(self):
        self.at = 0
        return self.at

    def step(self, action):
        self.at = self.at + 1 if action == 1 else 0
        done = self.at == LENGTH - 1
        return self.at, float(done), done


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque(maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return Transition(*zip(*random.sample(self.memory, batch_size)))


class DQN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(LENGTH, 16)
        self.layer_norm = nn.LayerNorm(16)
        self.value = nn.Linear(16, 1)
        self.advantage = nn.Linear(16, 2)

    def forward(self, state):
        x = F.gelu(self.layer_norm(self.embed(state)), approximate="tanh")
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(dim=-1, keepdim=True)


def optimize(policy, target, memory, optimizer, batch_size=32, gamma=0.9):
    batch = memory.sample(batch_size)
    state, next_state = torch.tensor(batch.state), torch.tensor(batch.next_state)
    action = torch.tensor(batch.action).unsqueeze(1)
    reward, done = torch.tensor(batch.reward), torch.tensor(batch.done)
    q = policy(state).gather(1, action).squeeze(1)
    with torch.no_grad():
        best = target(next_state).max(dim=1).values
        expected = reward + gamma * torch.where(done, torch.zeros_like(best), best)
    loss = nn.HuberLoss()(q, expected)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy.parameters(), 100)
    optimizer.step()
    for slow, fast in zip(target.parameters(), policy.parameters()):
        slow.data.mul_(0.95).add_(fast.data, alpha=0.05)
    return loss.item()


random.seed(0)
torch.manual_seed(0)
env, memory = Chain(), ReplayMemory(500)
policy = DQN()
target = copy.deepcopy(policy).requires_grad_(False)
optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-2, amsgrad=True)

state, step = env.reset(), 0
while step < 20:
    if torch.rand(1).item() < 0.7:
        action = torch.randint(2, ()).item()
    else:
        action = policy(torch.tensor(state)).argmax().item()
    next_state, reward, done = env.step(action)
    memory.push(state, action, next_state, reward, done)
    state = env.reset() if done else next_state
    if len(memory.memory) >= 64:
        print(f"step {step:2d}  loss {optimize(policy, target, memory, optimizer):.8g}")
        step += 1

with torch.no_grad():
    print("greedy actions:", policy(torch.arange(LENGTH)).argmax(1).tolist())
