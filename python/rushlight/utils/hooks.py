from torch.utils.hooks import *
