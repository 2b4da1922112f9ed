"""From keys to a collated batch; the same in the caller and in workers."""


class DatasetKind:
    """How a dataset is read: by key, or as a stream."""

    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(kind, dataset, auto_collation, collate_fn, drop_last):
        cls = MapDatasetFetcher if kind == DatasetKind.Map else IterableDatasetFetcher
        return cls(dataset, auto_collation, collate_fn, drop_last)


class DatasetFetcher:
    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last


class MapDatasetFetcher(DatasetFetcher):
    """Reads samples by key, through `__getitems__` where the dataset has it."""

    def fetch(self, keys):
        return self.collate_fn(self._read(keys))

    def _read(self, keys):
        if not self.auto_collation:
            return self.dataset[keys]
        if getattr(self.dataset, "__getitems__", None):
            return self.dataset.__getitems__(keys)
        return [self.dataset[key] for key in keys]


class IterableDatasetFetcher(DatasetFetcher):
    """Reads the next samples of a stream; the keys only say how many."""

    def __init__(self, *args):
        super().__init__(*args)
        self.dataset_iter = iter(self.dataset)
        self.ended = False

    def fetch(self, keys):
        """Return the next batch; raises `StopIteration` at the end of the stream."""
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.dataset_iter))
        samples = self._take(len(keys))
        if not samples or (self.drop_last and len(samples) < len(keys)):
            raise StopIteration
        return self.collate_fn(samples)

    def _take(self, count):
        samples = []
        for _ in range(count):
            try:
                samples.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        return samples
