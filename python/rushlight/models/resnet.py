"""Residual networks (He et al., "Deep Residual Learning for Image Recognition", 2015).

Parameter names follow torchvision, so its published ``resnet18`` weights load with `load_state_dict`.
"""

from __future__ import annotations

from rushlight import Tensor, flatten, nn


class BasicBlock(nn.Module):
    """relu(x + F(x)) with F two 3x3 convolutions; a 1x1 convolution fits x where the shape changes.

    Shapes: (N, in_planes, H, W) -> (N, planes, H / stride, W / stride).
    """

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_planes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + shortcut)


class ResNet(nn.Module):
    """Four stages of `BasicBlock` with 64, 128, 256 and 512 channels, then global average pooling.

    ``small_images`` replaces the 7x7 stride-2 stem and its pooling by one 3x3 convolution, as is usual below 96 pixels.
    Shapes: (N, in_channels, H, W) -> (N, num_classes) logits.
    """

    def __init__(
        self, layers: list[int], num_classes: int = 1000, in_channels: int = 3, small_images: bool = False
    ) -> None:
        super().__init__()
        kernel, stride, padding = (3, 1, 1) if small_images else (7, 2, 3)
        self.conv1 = nn.Conv2d(in_channels, 64, kernel, stride=stride, padding=padding, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.Identity() if small_images else nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(64, 64, layers[0], stride=1)
        self.layer2 = _stage(64, 128, layers[1], stride=2)
        self.layer3 = _stage(128, 256, layers[2], stride=2)
        self.layer4 = _stage(256, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, num_classes)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(flatten(self.avgpool(x), 1))


def _stage(in_planes: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
    rest = [BasicBlock(planes, planes) for _ in range(blocks - 1)]
    return nn.Sequential(BasicBlock(in_planes, planes, stride), *rest)


def _initialise(model: nn.Module) -> None:
    """Kaiming-normal convolutions by fan-out, as in section 3.4 of the paper."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def resnet18(num_classes: int = 1000, in_channels: int = 3, small_images: bool = False) -> ResNet:
    """Return ResNet-18: two `BasicBlock` per stage, 11.7 million parameters with the defaults."""
    return ResNet([2, 2, 2, 2], num_classes, in_channels, small_images)
