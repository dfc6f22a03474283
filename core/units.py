"""Units: the only place where such numbers are written."""

KILO = 10**3
MEGA = 10**6
GIGA = 10**9
TERA = 10**12
PETA = 10**15

KIB = 2**10
MIB = 2**20
GIB = 2**30

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
HOURS_PER_DAY = 24
HOURS_PER_MONTH = 730.5
"""Mean month: 365.25 days ÷ 12 × 24."""
DAYS_PER_MONTH = 30.4375
MONTHS_PER_YEAR = 12
