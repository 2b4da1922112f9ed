"""x"""
def gradcheck(*a): pass
def gradgradcheck(*a): pass
