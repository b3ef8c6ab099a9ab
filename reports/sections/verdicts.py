"""The section on cluster or ecosystem: what the model found, how sure it is, what would change it."""

from __future__ import annotations

from collections.abc import Iterator

from clustercoop.analysis.verdicts.confounders import COINCIDES
from clustercoop.reports import leads
from clustercoop.reports.inert import markdown
from clustercoop.reports.numbers import percent
from clustercoop.reports.section import Block, Folded, Fragment, Heading, Section, Sheet, Shown, Text
from clustercoop.reports.tables import Table, plain_table, sheet_columns


class Verdicts(Section):
    """Cluster or ecosystem."""

    key = "verdicts"
    place = 20

    @property
    def answer(self) -> str:
        """Clusters by verdict."""
        return leads.of_kind(self.content, 0)

    def blocks(self) -> Iterator[Block]:
        """Yield the finding, what it rests on, probabilities, the three verdicts, evidence and data."""
        words, model = self.words, self.content.model
        yield Heading(words("fm_found"), in_markdown=False)
        yield Fragment("found.j2", {"f": model}, [markdown(sentence) for sentence in model.sentences])
        if model.outcome:
            yield Heading(words("fm_tier"))
            yield Fragment("ladder.j2", {"f": model}, ["\n".join(self._tiers())])
        if model.probabilities is not None:
            yield Heading(words("fm_probability"))
            yield Fragment("picture.j2", {"svg": model.picture})
            yield Text(model.probability_note)
            yield Fragment("key.j2", {"f": model})
            yield Shown(model.probabilities)
        if model.parts is not None:
            yield Heading(words("fm_parts"), in_markdown=False)
            yield Text(words("fm_parts_note"), in_markdown=False)
            yield Shown(model.parts, in_markdown="")
        yield Heading(words("fm_three"))
        none = [] if model.eligibility_known else [words("fm_eligibility_none")]
        yield Text(" ".join([words("fm_three_note"), *none]))
        yield Text(model.rule_origin, style="soft small")
        yield Shown(model.three)
        yield from self._evidence()
        if model.data is not None:
            yield Heading(words("fm_data_rules" if model.outcome == "rules" else "fm_data"))
            yield Text(words("fm_data_note"))
            yield Shown(model.data.notes)
            yield Folded(words("fm_values"), (Shown(model.data.values, legend=True),))

    def _tiers(self) -> list[str]:
        model = self.content.model
        return [
            f"- {f'**{markdown(tier.name)}**' if tier.here else markdown(tier.name)}: {markdown(tier.note)}"
            + (f" ({markdown(model.tier_here)})" if tier.here else "")
            for tier in model.tiers
        ]

    def _evidence(self) -> Iterator[Block]:
        words, evidence = self.words, self.content.model.evidence
        if evidence is None:
            return
        yield Heading(words("fm_sure"), in_markdown=False)
        if self.content.model.outcome == "none":
            yield Text(words("fm_sure_none"), in_markdown=False)
        for table, level, note in (
            (evidence.gates, 4, ""),
            (evidence.selection, 4, words("fm_selection_note")),
            (evidence.confounders, 4, words("fm_confounders_note", bound=percent(COINCIDES, words.lang))),
            (evidence.sensitivity, 3, words("fm_sensitivity_note")),
        ):
            if table is not None:
                yield Heading(table.caption, level)
                if note:
                    yield Text(note)
                yield Shown(table)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets on the model; none where the result holds none."""
        model, heads = self.content.model, ((self.words("fm_head_sentence"), "text"),)
        if not model.outcome:
            return
        evidence, data = model.evidence, model.data
        tables: dict[str, Table | None] = {
            "model_found": plain_table("said", "", heads, [[s] for s in model.sentences], self.words),
            "model_gates": evidence.gates if evidence else None,
            "model_selection": evidence.selection if evidence else None,
            "model_confounders": evidence.confounders if evidence else None,
            "model_sensitivity": evidence.sensitivity if evidence else None,
            "model_probability": model.probabilities,
            "model_parts": model.parts,
            "model_features": data.notes if data else None,
            "model_values": data.states if data else None,
        }
        for name, table in tables.items():
            if table is not None:
                yield Sheet(name, *sheet_columns(table, self.words, texts=True))
