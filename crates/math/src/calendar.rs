//! Windows of time: days, weeks from Monday and calendar months, all of UTC, numbered from the first that 1970 touches.

/// A day, in milliseconds. UTC as chains count it has no leap seconds.
pub const DAY_MS: u64 = 86_400_000;
/// Days from 0000-03-01 to 1970-01-01, in the Gregorian calendar carried back.
const DAYS_BEFORE: u64 = 719_468;
/// Days of 400 years, after which the calendar repeats.
const DAYS_OF_ERA: u64 = 146_097;
/// Months from March of the year 0 to January 1970.
const MONTHS_BEFORE: u64 = 23_638;

/// The day of an instant: 0 is 1970-01-01.
pub fn day(ms: u64) -> u64 {
    ms / DAY_MS
}

/// The week of an instant, from Monday: 0 is that of 1970-01-01, a Thursday.
pub fn week(ms: u64) -> u64 {
    day(ms).saturating_add(3) / 7
}

/// The calendar month of an instant: 0 is January 1970.
pub fn month(ms: u64) -> u64 {
    // Years from March on, so that the leap day is a year's last. No step overflows: a u64 of milliseconds has fewer than 2^38 days.
    let days = day(ms).saturating_add(DAYS_BEFORE);
    let of_era = days % DAYS_OF_ERA;
    let leap_days = (of_era / 1_460).saturating_add(of_era / 146_096);
    let of_common = of_era
        .saturating_add(of_era / 36_524)
        .saturating_sub(leap_days);
    let year_of_era = of_common / 365;
    let year_start = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(year_start);
    // Months from March have 31, 30, 31, 30, 31 days, twice, and what is left: 153 days in five.
    let month_of_year = of_year.saturating_mul(5).saturating_add(2) / 153;
    (days / DAYS_OF_ERA)
        .saturating_mul(400)
        .saturating_add(year_of_era)
        .saturating_mul(12)
        .saturating_add(month_of_year)
        .saturating_sub(MONTHS_BEFORE)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// The day of a date, counted year by year and month by month.
    fn day_of(year: u64, month_of_year: usize, day_of_month: u64) -> u64 {
        let leap =
            |y: u64| (y.is_multiple_of(4) && !y.is_multiple_of(100)) || y.is_multiple_of(400);
        let years: u64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
        let february = if leap(year) { 29 } else { 28 };
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        years + lengths[..month_of_year - 1].iter().sum::<u64>() + day_of_month - 1
    }

    #[test]
    fn windows_start_where_the_calendar_says() {
        // Known: 2000-03-01 was day 11,017, a Wednesday; 2100 is no leap year.
        assert_eq!(day_of(2000, 3, 1), 11_017);
        let starts = [
            (1970, 1, 1),
            (1972, 2, 29),
            (1972, 3, 1),
            (1999, 12, 31),
            (2000, 1, 1),
            (2000, 2, 29),
            (2000, 3, 1),
            (2024, 2, 29),
            (2024, 12, 31),
            (2026, 11, 30),
            (2100, 2, 28),
            (2100, 3, 1),
            (2400, 2, 29),
        ];
        for (year, month_of_year, day_of_month) in starts {
            let number = day_of(year, month_of_year, day_of_month);
            for ms in [number * DAY_MS, number * DAY_MS + DAY_MS - 1] {
                assert_eq!(day(ms), number);
                let expected = (year - 1970) * 12 + month_of_year as u64 - 1;
                assert_eq!(month(ms), expected, "{year}-{month_of_year}-{day_of_month}");
            }
        }
        assert_eq!(month(day_of(2100, 3, 1) * DAY_MS - 1), 130 * 12 + 1);
    }

    #[test]
    fn weeks_start_on_monday() {
        // 1970-01-05, 2000-01-03 and 2026-11-30 were Mondays.
        for monday in [4, day_of(2000, 1, 3), day_of(2026, 11, 30)] {
            let ms = monday * DAY_MS;
            assert_eq!(week(ms), week(ms - 1) + 1);
            assert_eq!(week(ms), week(ms + 7 * DAY_MS - 1));
        }
        assert_eq!(week(0), 0);
        assert_eq!(week(4 * DAY_MS), 1);
    }

    #[test]
    fn the_last_instant_has_windows() {
        assert_eq!(day(u64::MAX), 213_503_982_334);
        assert_eq!(week(u64::MAX), 213_503_982_337 / 7);
        // 213,503,982,334 days are 1,461,385 times 400 years and 17,989 days, which end on a third of April 49 years later.
        assert_eq!(month(u64::MAX), (1_461_385 * 400 + 49) * 12 + 3);
    }
}
