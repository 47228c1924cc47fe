"""What a scrape says, parsed as Prometheus would."""

from collections.abc import Mapping

from attrs import frozen
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families


@frozen
class Scrape:
    """Families by their names, as they are asked for in queries."""

    text: str
    families: Mapping[str, Metric]

    @staticmethod
    def of(text: str) -> "Scrape":
        families = {}
        for family in text_string_to_metric_families(text):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert name not in families, f"{name} comes twice"
            families[name] = family
        return Scrape(text, families)

    def value(self, name: str, **labels: str) -> float:
        """Return what all samples of this name come to that have these labels; 0 where there are none."""
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    @property
    def series(self) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
        return {
            (sample.name, tuple(sorted(sample.labels.items())))
            for family in self.families.values()
            for sample in family.samples
        }
