"""REINFORCE with a learned baseline on a small grid: walk from one corner to the other (Williams, 1992)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

SIZE, MOVES = 4, torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])


class Grid:
    """The walker starts at (0, 0); every step costs 0.1, reaching the far corner pays 1."""

    def reset(self):
        self.position = torch.zeros(2, dtype=torch.long)
        return self.observe()

    def observe(self):
        return F.one_hot(self.position, SIZE).float().flatten()

    def step(self, action):
        self.position = (self.position + MOVES[action]).clamp_(0, SIZE - 1)
        done = bool((self.position == SIZE - 1).all())
        return self.observe(), 1.0 if done else -0.1, done


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(2 * SIZE, 32)
        self.action_head = nn.Linear(32, len(MOVES))
        self.value_head = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.tanh(self.affine(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x).squeeze(-1)


def play(env, policy, limit=30):
    log_probs, values, rewards = [], [], []
    state, done = env.reset(), False
    while not done and len(rewards) < limit:
        probs, value = policy(state)
        action = torch.multinomial(probs, 1).item()
        state, reward, done = env.step(action)
        log_probs.append(probs[action].log())
        values.append(value)
        rewards.append(reward)
    return torch.stack(log_probs), torch.stack(values), rewards


def discounted(rewards, gamma=0.95):
    R, returns = 0.0, []
    for r in reversed(rewards):
        R = r + gamma * R
        returns.insert(0, R)
    return torch.tensor(returns)


torch.manual_seed(543)
env, policy = Grid(), Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
eps = torch.finfo(torch.float32).eps

for episode in range(20):
    log_probs, values, rewards = play(env, policy)
    returns = discounted(rewards)
    advantage = returns - values.detach()
    advantage = (advantage - advantage.mean()) / (advantage.std() + eps)
    policy_loss = -(log_probs * advantage).mean()
    loss = policy_loss + F.smooth_l1_loss(values, returns)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {episode:2d}  loss {loss.item():.8g}  steps {len(rewards)}  return {sum(rewards):.1f}")
