package workcal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func calendar(t *testing.T) *Calendar {
	t.Helper()
	c, err := Russia()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at is ten in the morning of a day in a place far from Greenwich, so that a
// mix-up of zones shows.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	return day(t, s).At(time.FixedZone("+10", 10*3600)).Add(10 * time.Hour)
}

func TestYearsHoldTheDecreedNumberOfDays(t *testing.T) {
	t.Parallel()
	c := calendar(t)
	if diff := cmp.Diff([]int{2025, 2026, 2027}, c.Years()); diff != "" {
		t.Fatal(diff)
	}
	for _, y := range c.Years() {
		worked, err := c.Between(Date{y - 1, time.December, 31}, Date{y, time.December, 31})
		if err != nil || worked != 247 {
			t.Errorf("%d has %d worked days (%v), the decree says 247", y, worked, err)
		}
	}
}

func TestKindOfADay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, day string
		want      Kind
	}{
		{"an ordinary Monday", "2026-11-23", Working},
		{"a Sunday", "2026-11-22", Off},
		{"a worked Saturday", "2025-11-01", Working},
		{"a worked Saturday that is short", "2027-02-20", Short},
		{"the eve of a holiday", "2026-11-03", Short},
		{"a holiday on a weekday", "2026-06-12", Off},
		{"a Monday off for a holiday on Saturday", "2026-05-11", Off},
		{"the last day of the year", "2026-12-31", Off},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calendar(t).Kind(day(t, tt.day))
			if err != nil || got != tt.want {
				t.Errorf("Kind(%s) = %v, %v; want %v", tt.day, got, err, tt.want)
			}
		})
	}
}

func TestWorkingDayTerms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		start  string
		length int
		want   string
	}{
		{"2026-12-25", 5, "2027-01-12"},
		{"2026-12-30", 1, "2027-01-11"},
		{"2026-04-30", 1, "2026-05-04"},
		{"2026-04-29", 3, "2026-05-05"},
		{"2026-06-11", 10, "2026-06-26"},
		{"2025-10-31", 1, "2025-11-01"},
		{"2027-02-19", 1, "2027-02-20"},
		{"2027-02-19", 2, "2027-02-24"},
		{"2026-11-21", 5, "2026-11-27"},
		{"2026-11-20", 15, "2026-12-11"},
	} {
		t.Run(tt.start, func(t *testing.T) {
			due, err := calendar(t).Due(at(t, tt.start), Term{Length: tt.length, Unit: WorkingDays})
			if err != nil || due.Day.String() != tt.want {
				t.Errorf("%d working days from %s = %s, %v; want %s", tt.length, tt.start, due.Day, err, tt.want)
			}
			if want := day(t, tt.want).Add(1).At(at(t, tt.start).Location()); !due.End.Equal(want) {
				t.Errorf("overdue from %s, want %s", due.End, want)
			}
		})
	}
}

func TestCalendarDayTerms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		start              string
		length             int
		raw, forward, back string
	}{
		{"2026-12-02", 30, "2027-01-01", "2027-01-11", "2026-12-30"},
		{"2026-04-09", 30, "2026-05-09", "2026-05-12", "2026-05-08"},
		{"2026-12-24", 7, "2026-12-31", "2027-01-11", "2026-12-30"},
	} {
		t.Run(tt.start, func(t *testing.T) {
			for ends, want := range map[Ends]string{"": tt.forward, NextWorking: tt.forward, PreviousWorking: tt.back, Keep: tt.raw} {
				due, err := calendar(t).Due(at(t, tt.start), Term{Length: tt.length, Unit: CalendarDays, Ends: ends})
				if err != nil || due.Day.String() != want || due.Raw.String() != tt.raw {
					t.Errorf("%q: %s (raw %s), %v; want %s (raw %s)", ends, due.Day, due.Raw, err, want, tt.raw)
				}
			}
		})
	}
}

func TestStartsMonthsAndHours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, start string
		term        Term
		want        string
	}{
		{"the day itself counts", "2026-11-23", Term{Length: 1, Unit: WorkingDays, Start: SameDay}, "2026-11-23"},
		{"the day itself is off", "2026-11-21", Term{Length: 1, Unit: WorkingDays, Start: SameDay}, "2026-11-23"},
		{"calendar days from the next worked day", "2026-11-20", Term{Length: 3, Unit: CalendarDays, Start: NextWorkingDay}, "2026-11-25"},
		{"a month ends on the same number", "2026-09-15", Term{Length: 1, Unit: Months}, "2026-10-15"},
		{"a month that is too short ends on its last day", "2026-08-31", Term{Length: 1, Unit: Months, Ends: Keep}, "2026-09-30"},
		{"a month over new year", "2026-12-15", Term{Length: 2, Unit: Months}, "2027-02-15"},
		{"a month whose last day is off", "2026-10-22", Term{Length: 1, Unit: Months}, "2026-11-23"},
		{"hours run round the clock into a day off", "2026-11-20", Term{Length: 24, Unit: Hours}, "2026-11-21"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			due, err := calendar(t).Due(at(t, tt.start), tt.term)
			if err != nil || due.Day.String() != tt.want {
				t.Errorf("got %s, %v; want %s", due.Day, err, tt.want)
			}
		})
	}
}

func TestPausesStopTheClockAndKeepTheRest(t *testing.T) {
	t.Parallel()
	week := Term{Length: 5, Unit: WorkingDays, Pauses: true}
	strict := Term{Length: 5, Unit: WorkingDays}
	days := Term{Length: 10, Unit: CalendarDays, Pauses: true}
	for _, tt := range []struct {
		name   string
		term   Term
		pauses []Pause
		want   string
		left   int
	}{
		{"no pause", week, nil, "2026-11-30", 0},
		{"a pause that ends on its day moves nothing", week, []Pause{{at(t, "2026-11-24"), at(t, "2026-11-24")}}, "2026-11-30", 0},
		{"three days of waiting", week, []Pause{{at(t, "2026-11-24"), at(t, "2026-11-27")}}, "2026-12-03", 0},
		{"a weekend of waiting costs nothing", week, []Pause{{at(t, "2026-11-27"), at(t, "2026-11-29")}}, "2026-11-30", 0},
		{"two pauses", week, []Pause{{at(t, "2026-11-24"), at(t, "2026-11-25")}, {at(t, "2026-11-26"), at(t, "2026-11-27")}}, "2026-12-02", 0},
		{"still waiting", week, []Pause{{at(t, "2026-11-24"), time.Time{}}}, "", 4},
		{"waiting begun after the end changes nothing", week, []Pause{{at(t, "2026-12-01"), time.Time{}}}, "2026-11-30", 0},
		{"a term without pauses runs on", strict, []Pause{{at(t, "2026-11-24"), time.Time{}}}, "2026-11-30", 0},
		{"calendar days stand on days off too", days, []Pause{{at(t, "2026-11-27"), at(t, "2026-11-30")}}, "2026-12-07", 0},
		{"hours", Term{Length: 48, Unit: Hours, Pauses: true}, []Pause{{at(t, "2026-11-24"), at(t, "2026-11-27")}}, "2026-11-28", 0},
		{"hours still waiting", Term{Length: 48, Unit: Hours, Pauses: true}, []Pause{{at(t, "2026-11-24"), time.Time{}}}, "", 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			due, err := calendar(t).Due(at(t, "2026-11-23"), tt.term, tt.pauses...)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if !due.Day.IsZero() {
				got = due.Day.String()
			}
			if got != tt.want || due.Left != tt.left {
				t.Errorf("got %q with %d left, want %q with %d", got, due.Left, tt.want, tt.left)
			}
		})
	}
}

func TestAMissingYearIsAnErrorNeverAGuess(t *testing.T) {
	t.Parallel()
	c := calendar(t)
	for _, tt := range []struct {
		name, start string
		term        Term
	}{
		{"the count runs out of the data", "2027-12-30", Term{Length: 2, Unit: WorkingDays}},
		{"the last day is moved out of it", "2027-12-24", Term{Length: 7, Unit: CalendarDays}},
		{"it begins before it", "2024-12-30", Term{Length: 1, Unit: WorkingDays}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.Due(at(t, tt.start), tt.term)
			if missing := (*NoYearError)(nil); !errors.As(err, &missing) {
				t.Errorf("got %v, want a NoYearError", err)
			}
		})
	}
	if _, err := c.Between(day(t, "2027-12-30"), day(t, "2028-01-10")); err == nil {
		t.Error("Between counted a year without data")
	}
}

func TestFaultsAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want []string
	}{
		{"a term", Term{Unit: "weeks", Start: "soon", Ends: "never"}.Check(), []string{"length is 0", "weeks", "soon", "never"}},
		{"hours with a start", Term{Length: 3, Unit: Hours, Start: NextDay}.Check(), []string{"leave out start"}},
		{"a calendar", parseErr(`{"years":{"26":{"off":["13-01"]},"x":{},"2026":{"off":["01-01","01-01"],"short":["01-01"]}}}`),
			[]string{"version is missing", "0026-13-01", `"x" is not a year`, "2026-01-01 is listed twice"}},
		{"an empty calendar", parseErr(`{"version":"1"}`), []string{"no years"}},
		{"not JSON", parseErr(`-`), []string{"invalid character"}},
		{"pauses out of order", dueErr(t, Pause{at(t, "2026-11-25"), time.Time{}}, Pause{at(t, "2026-11-26"), time.Time{}}), []string{"pause 1 is out of order"}},
		{"a pause that ends before it begins", dueErr(t, Pause{at(t, "2026-11-25"), at(t, "2026-11-24")}), []string{"pause 1 is out of order"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil {
				t.Fatal("no error")
			}
			for _, w := range tt.want {
				if !strings.Contains(tt.err.Error(), w) {
					t.Errorf("%q does not say %q", tt.err, w)
				}
			}
		})
	}
}

func parseErr(s string) error { _, err := Parse([]byte(s)); return err }

func dueErr(t *testing.T, pauses ...Pause) error {
	t.Helper()
	_, err := calendar(t).Due(at(t, "2026-11-23"), Term{Length: 5, Unit: WorkingDays, Pauses: true}, pauses...)
	return err
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	due := Due{End: from.AddDate(0, 0, 10)}
	want := []time.Time{from.AddDate(0, 0, 5), from.AddDate(0, 0, 8), from.AddDate(0, 0, 9)}
	if diff := cmp.Diff(want, due.Warnings(from)); diff != "" {
		t.Error(diff)
	}
	if got := (Due{End: from.Add(12 * time.Hour)}).Warnings(from); len(got) != 2 {
		t.Errorf("a term shorter than a day warns %d times, want 2", len(got))
	}
	if got := (Due{Left: 3}).Warnings(from); got != nil {
		t.Errorf("a standing clock warns at %v", got)
	}
}
