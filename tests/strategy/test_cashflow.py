import pytest

from core.strategy.cashflow import Spending, cash, pays_back
from core.strategy.curve import Curve
from core.strategy.sections import Company, Demand

DEMAND = Demand(requests_per_day=1000, input_tokens=10, output_tokens=10)


def company(**changes):
    return Company(**({"cash_usd": 100.0, "monthly_cost_usd": 20.0, "customers": 0.0,
                       "revenue_per_customer_usd": 0.0} | changes))  # fmt: skip


def test_runway_is_cash_over_burn():
    found = cash(company(), DEMAND, Spending(Curve(10.0)), 24)
    assert found.runway_months == pytest.approx(100 / 30)
    assert found.balance_usd[:5] == (100, 70, 40, 10, -20)


def test_runway_is_none_where_the_cash_lasts_to_the_horizon():
    earning = company(customers=3.0, revenue_per_customer_usd=10.0)
    assert cash(earning, DEMAND, Spending(Curve(10.0)), 24).runway_months is None


def test_growth_begins_with_the_second_month():
    growing = company(customers=10.0, revenue_per_customer_usd=1.0, growth_per_month=0.5,
                      churn_per_month=0.3)  # fmt: skip
    demand = Demand(requests_per_day=1000, input_tokens=1, output_tokens=1, growth_per_month=1.0)
    found = cash(growing, demand, Spending(Curve(0.0, 0.01)), 2)
    # month 1: 10 revenue − 20 − 10 model; month 2: 12 revenue − 20 − 20 model
    assert found.balance_usd == pytest.approx((100, 80, 52))
    assert found.spent_usd == pytest.approx((0, 10, 30))


def test_what_is_paid_once_and_every_third_month():
    spending = Spending(Curve(0.0), once_usd=5.0, retrain_usd=2.0, retrain_every_months=3)
    assert spending.lumps(8) == [5, 0, 0, 2, 0, 0, 2, 0]
    assert spending.total([1.0] * 8).at(1.0) == 9


def test_a_payment_that_the_cash_does_not_cover_ends_it_at_once():
    assert cash(company(), DEMAND, Spending(Curve(0.0), once_usd=101.0), 6).runway_months == 0


def test_pays_back_when_the_savings_have_covered_the_extra_cost():
    rent = cash(company(), DEMAND, Spending(Curve(10.0)), 24)
    tune = cash(company(), DEMAND, Spending(Curve(4.0), once_usd=20.0), 24)
    assert pays_back(rent, tune) == 4  # 20 + 4·4 = 36 ≤ 40; at month 3: 32 > 30
    assert pays_back(tune, rent) is None
    assert pays_back(rent, rent) == 0
