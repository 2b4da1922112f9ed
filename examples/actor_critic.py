"""Proximal policy optimisation (Schulman et al., 2017): a policy steers a point to the origin."""

import torch
from torch import nn, optim
from torch.distributions import Independent, Normal

HORIZON, ENVIRONMENTS = 16, 32
GAMMA, LAMBDA, CLIP = 0.95, 0.9, 0.2


def layer(inputs, outputs, gain):
    linear = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(layer(4, 32, 2**0.5), nn.Tanh(), layer(32, 2, 0.01))
        self.critic = nn.Sequential(layer(4, 32, 2**0.5), nn.Tanh(), layer(32, 1, 1.0))
        self.log_std = nn.Parameter(torch.full((2,), -0.5))

    def policy(self, state):
        return Independent(Normal(self.actor(state), self.log_std.exp()), 1)

    def value(self, state):
        return self.critic(state).squeeze(-1)


def move(state, action):
    """A point with a velocity; the reward is high near the origin."""
    position, velocity = state.chunk(2, dim=-1)
    velocity = 0.8 * velocity + 0.2 * action.clamp(-1, 1)
    state = torch.cat([position + velocity, velocity], dim=-1)
    return state, -state.square().sum(-1)


@torch.no_grad()
def rollout(agent):
    state = torch.randn(ENVIRONMENTS, 4)
    states, actions, log_probs, rewards = [], [], [], []
    for _ in range(HORIZON):
        policy = agent.policy(state)
        action = policy.sample()
        states.append(state)
        actions.append(action)
        log_probs.append(policy.log_prob(action))
        state, reward = move(state, action)
        rewards.append(reward)
    values = agent.value(torch.stack([*states, state]))
    advantages, last = [], 0
    for t in reversed(range(HORIZON)):
        last = rewards[t] + GAMMA * values[t + 1] - values[t] + GAMMA * LAMBDA * last
        advantages.insert(0, last)
    advantages = torch.stack(advantages)
    returns = advantages + values[:-1]
    batch = (torch.stack(states), torch.stack(actions), torch.stack(log_probs), advantages, returns)
    return [x.flatten(0, 1) for x in batch]


torch.manual_seed(0)
agent = Agent()
optimizer = optim.Adam(agent.parameters(), lr=3e-3, eps=1e-5)

for step in range(20):
    states, actions, old_log_probs, advantages, returns = rollout(agent)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    for chosen in torch.randperm(len(states)).chunk(4):
        policy = agent.policy(states[chosen])
        ratio = (policy.log_prob(actions[chosen]) - old_log_probs[chosen]).exp()
        gain = torch.min(ratio * advantages[chosen], ratio.clamp(1 - CLIP, 1 + CLIP) * advantages[chosen])
        value_loss = nn.functional.huber_loss(agent.value(states[chosen]), returns[chosen])
        loss = -gain.mean() + 0.5 * value_loss - 0.01 * policy.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
        optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}  return {returns.mean().item():.3f}")
