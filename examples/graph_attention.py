"""A graph attention network (Velickovic et al., 2018) that labels the nodes of a graph of two communities."""

import torch
from torch import Tensor, nn, optim
from torch.nn import functional as F


class GraphAttention(nn.Module):
    """Every node reads its neighbours, weighted by a softmax over the edges that end in it."""

    def __init__(self, inputs: int, outputs: int, heads: int) -> None:
        super().__init__()
        self.heads, self.outputs = heads, outputs
        self.lin = nn.Linear(inputs, heads * outputs, bias=False)
        self.source = nn.Parameter(torch.empty(heads, outputs))
        self.target = nn.Parameter(torch.empty(heads, outputs))
        for parameter in self.parameters():
            nn.init.xavier_uniform_(parameter)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        source, target = edges
        x = self.lin(x).view(-1, self.heads, self.outputs)
        score = torch.einsum("nho,ho->nh", x, self.source)[source] + torch.einsum("nho,ho->nh", x, self.target)[target]
        weight = self.softmax(F.leaky_relu(score, 0.2), target, len(x))
        messages = weight.unsqueeze(-1) * x[source]
        return torch.zeros_like(x).index_add(0, target, messages).flatten(1)

    @staticmethod
    def softmax(score: Tensor, target: Tensor, nodes: int) -> Tensor:
        index = target[:, None].expand_as(score)
        largest = score.new_full((nodes, score.size(1)), -torch.inf)
        largest = largest.scatter_reduce(0, index, score.detach(), reduce="amax")
        weight = (score - largest[target]).exp()
        total = torch.zeros_like(largest).scatter_add_(0, index, weight)
        return weight / total[target]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = GraphAttention(8, 8, heads=4)
        self.second = GraphAttention(32, 2, heads=1)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        x = F.dropout(F.elu(self.first(x, edges)), 0.2, self.training)
        return self.second(x, edges)


torch.manual_seed(0)
labels = (torch.arange(120) >= 60).long()
alike = labels[:, None] == labels
adjacency = torch.rand(120, 120) < torch.where(alike, 0.12, 0.02)
adjacency = (adjacency | adjacency.T).fill_diagonal_(True)
edges = adjacency.nonzero().T
features = torch.randn(120, 8) + 0.5 * labels[:, None]
known = torch.zeros(120, dtype=torch.bool)
known[torch.randperm(120)[:24]] = True

net = Net()
optimizer = optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-4)
for step in range(20):
    loss = F.cross_entropy(net(features, edges)[known], labels[known])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step:2d}  loss {loss.item():.8g}")

net.eval()
with torch.no_grad():
    right = net(features, edges).argmax(dim=1) == labels
degree = torch.bincount(edges[1], minlength=120)
print(f"right among unknown nodes: {right[~known].float().mean():.3f}, mean degree {degree.double().mean():.2f}")
