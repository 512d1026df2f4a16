package workcal

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Date is a day of the civil calendar without a place. The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day that t's clock shows in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-12-25".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date like 2026-12-25", s)
	}
	return DateOf(t), nil
}

// String returns "2026-12-25".
func (d Date) String() string { return d.At(time.UTC).Format(time.DateOnly) }

// IsZero tells whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// At returns the first moment of the day in a place.
func (d Date) At(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Add returns the day n days later, earlier when n is negative.
func (d Date) Add(n int) Date { return DateOf(d.At(time.UTC).AddDate(0, 0, n)) }

// AddMonths returns the day of the same number n months later, or the last day
// of that month when it is shorter. Source: Civil Code 192.3.
func (d Date) AddMonths(n int) Date {
	last := time.Date(d.Year, d.Month+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return Date{last.Year(), last.Month(), min(d.Day, last.Day())}
}

// Compare is negative when d is before e, zero when they are the same day.
func (d Date) Compare(e Date) int { return d.At(time.UTC).Compare(e.At(time.UTC)) }

// Kind says how a day is worked.
type Kind int

const (
	Off     Kind = iota // not worked
	Short               // worked, an hour less: the eve of a holiday
	Working             // worked
)

// NoYearError says that the calendar does not hold a year that was needed.
type NoYearError struct{ Year int }

func (e *NoYearError) Error() string {
	return fmt.Sprintf("the production calendar has no year %d: load its decree", e.Year)
}

// Calendar holds the days of some years. It does not change once made.
type Calendar struct {
	version string
	years   map[int]map[Date]Kind // only the days that differ from their weekday
}

//go:embed russia.json
var russia []byte

// Russia returns the calendar of the Russian Federation that comes with the program.
func Russia() (*Calendar, error) { return Parse(russia) }

// Parse reads a calendar. Its JSON names a version and for each year the days
// ("MM-DD") off, the weekend days that are worked, and the short ones among the
// worked days. All other days follow their weekday. The error lists every fault.
func Parse(data []byte) (*Calendar, error) {
	var file struct {
		Version string
		Source  string
		Years   map[string]struct{ Off, Work, Short []string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("reading a production calendar: %w", err)
	}
	c := &Calendar{version: file.Version, years: map[int]map[Date]Kind{}}
	var faults []error
	if file.Version == "" {
		faults = append(faults, errors.New("version is missing"))
	}
	for name, year := range file.Years {
		y, err := strconv.Atoi(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("%q is not a year", name))
			continue
		}
		days := map[Date]Kind{}
		add := func(kind Kind, list []string) {
			for _, s := range list {
				d, err := ParseDate(fmt.Sprintf("%04d-%s", y, s))
				if err != nil {
					faults = append(faults, err)
					continue
				}
				if was, ok := days[d]; ok && (was == Off || kind != Short) {
					faults = append(faults, fmt.Errorf("%s is listed twice", d))
				}
				days[d] = kind
			}
		}
		add(Off, year.Off)
		add(Working, year.Work)
		add(Short, year.Short)
		c.years[y] = days
	}
	if len(c.years) == 0 {
		faults = append(faults, errors.New("it holds no years"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("reading a production calendar: %w", errors.Join(faults...))
	}
	return c, nil
}

// Version names the edition of the data; it is stored with whatever was counted by it.
func (c *Calendar) Version() string { return c.version }

// Years lists the years that the calendar holds, in order.
func (c *Calendar) Years() []int {
	years := make([]int, 0, len(c.years))
	for y := range c.years {
		years = append(years, y)
	}
	slices.Sort(years)
	return years
}

// Kind says how a day is worked. It returns a NoYearError for a year that the
// calendar does not hold.
func (c *Calendar) Kind(d Date) (Kind, error) {
	days, ok := c.years[d.Year]
	if !ok {
		return Off, &NoYearError{d.Year}
	}
	if kind, ok := days[d]; ok {
		return kind, nil
	}
	if w := d.At(time.UTC).Weekday(); w == time.Saturday || w == time.Sunday {
		return Off, nil
	}
	return Working, nil
}

// Working tells whether a day is worked, whole or short.
func (c *Calendar) Working(d Date) (bool, error) {
	kind, err := c.Kind(d)
	return kind != Off, err
}

// Between counts the worked days after from, up to and with to; 0 when to is
// not after from.
func (c *Calendar) Between(from, to Date) (int, error) {
	n := 0
	for d := from.Add(1); d.Compare(to) <= 0; d = d.Add(1) {
		worked, err := c.Working(d)
		if err != nil {
			return 0, err
		}
		if worked {
			n++
		}
	}
	return n, nil
}

// nearest returns d, or the first worked day from it in steps of step days.
func (c *Calendar) nearest(d Date, step int) (Date, error) {
	for {
		worked, err := c.Working(d)
		if err != nil || worked {
			return d, err
		}
		d = d.Add(step)
	}
}
