"""The figures of a plan, drawn from its document alone: pages and reports draw the same.

    figure = pareto(document, "light", "zh", present=False)

    ranking     the options by a month's cost, quality and lead time beneath (`plan_ranking`)
    pareto      quality against a month's cost: measured filled, entered hollow
    cash_fan    money in the bank by month
    by_volume   a month's cost by requests a day
    parts       a month's cost by what it is for
    tornado     what each input can do to the answer (`plan_tornado`)

They hold at any width from 350 px: names stand above their bars, at the ends of their lines, or are
placed so that none covers another. Every name goes through `grammar.safe`; its full form is in the
hover.
"""

from core.charts.plan_bars import parts
from core.charts.plan_lines import by_volume, cash_fan, cost_at
from core.charts.plan_pareto import pareto
from core.charts.plan_ranking import ranking
from core.charts.plan_tornado import tornado

__all__ = ["by_volume", "cash_fan", "cost_at", "pareto", "parts", "ranking", "tornado"]
