package workcal

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Unit is what a term is counted in.
type Unit string

const (
	WorkingDays  Unit = "working_days"
	CalendarDays Unit = "calendar_days"
	Months       Unit = "months"
	Hours        Unit = "hours" // round the clock from the very moment
)

// Start is the first day that counts.
type Start string

const (
	NextDay        Start = "next_day"         // the day after; the usual one, also meant by ""
	SameDay        Start = "same_day"         // the day itself
	NextWorkingDay Start = "next_working_day" // the first worked day after
)

// Ends says what becomes of a last day that is off.
type Ends string

const (
	NextWorking     Ends = "next_working"     // moves on; the usual one, also meant by ""
	PreviousWorking Ends = "previous_working" // moves back
	Keep            Ends = "keep"             // stays
)

// Term is how long something may take. A term of hours has neither Start nor Ends.
type Term struct {
	Length int   `yaml:"length" json:"length"` // at least 1
	Unit   Unit  `yaml:"unit" json:"unit"`
	Start  Start `yaml:"start" json:"start,omitempty"`
	Ends   Ends  `yaml:"if_last_day_is_off" json:"if_last_day_is_off,omitempty"`
	Pauses bool  `yaml:"pauses" json:"pauses,omitempty"` // waiting for the person stops the clock
}

// Check tells everything that is wrong with a term, nil when nothing is.
func (t Term) Check() error {
	var faults []error
	if t.Length < 1 {
		faults = append(faults, fmt.Errorf("length is %d, must be at least 1", t.Length))
	}
	if !slices.Contains([]Unit{WorkingDays, CalendarDays, Months, Hours}, t.Unit) {
		faults = append(faults, fmt.Errorf("unit %q is none of working_days, calendar_days, months, hours", t.Unit))
	}
	if !slices.Contains([]Start{"", NextDay, SameDay, NextWorkingDay}, t.Start) {
		faults = append(faults, fmt.Errorf("start %q is none of next_day, same_day, next_working_day", t.Start))
	}
	if !slices.Contains([]Ends{"", NextWorking, PreviousWorking, Keep}, t.Ends) {
		faults = append(faults, fmt.Errorf("if_last_day_is_off %q is none of next_working, previous_working, keep", t.Ends))
	}
	if t.Unit == Hours && (t.Start != "" || t.Ends != "") {
		faults = append(faults, errors.New("hours run from the very moment: leave out start and if_last_day_is_off"))
	}
	return errors.Join(faults...)
}

// Pause is a time in which the clock stood. To is zero while it still stands.
// The day it began on is used up, the day it ended on is not: a pause that ends
// on the day it began moves nothing.
type Pause struct{ From, To time.Time }

// Due is the end of a term.
type Due struct {
	Day     Date      // the last day, moved if it was off; zero while the clock stands
	Raw     Date      // the last day before it was moved
	End     time.Time // the moment from which it is overdue; zero while the clock stands
	Left    int       // units that remain while the clock stands, else 0
	Version string    // of the calendar
}

// Due counts a term from a moment. The location of from decides which day it
// is. A term that allows no pauses runs through them. Pauses must be in order
// and only the last may be open. It returns the error of Check, or a NoYearError.
func (c *Calendar) Due(from time.Time, t Term, pauses ...Pause) (Due, error) {
	if err := t.Check(); err != nil {
		return Due{}, fmt.Errorf("counting a term: %w", err)
	}
	if !t.Pauses {
		pauses = nil
	}
	for i, p := range pauses {
		last := i == len(pauses)-1
		if p.To.IsZero() && !last || !p.To.IsZero() && p.To.Before(p.From) || i > 0 && p.From.Before(pauses[i-1].To) {
			return Due{}, fmt.Errorf("counting a term: pause %d is out of order", i+1)
		}
	}
	if t.Unit == Hours {
		return c.hours(from, t, pauses), nil
	}
	return c.days(from, t, pauses)
}

func (c *Calendar) hours(from time.Time, t Term, pauses []Pause) Due {
	end := from.Add(time.Duration(t.Length) * time.Hour)
	for _, p := range pauses {
		switch {
		case !p.From.Before(end):
		case p.To.IsZero():
			left := end.Sub(p.From)
			return Due{Left: int((left + time.Hour - 1) / time.Hour), Version: c.version}
		default:
			end = end.Add(p.To.Sub(p.From))
		}
	}
	day := DateOf(end)
	return Due{Day: day, Raw: day, End: end, Version: c.version}
}

func (c *Calendar) days(from time.Time, t Term, pauses []Pause) (Due, error) {
	loc := from.Location()
	first := DateOf(from)
	if t.Start != SameDay {
		first = first.Add(1)
	}
	if t.Start == NextWorkingDay {
		var err error
		if first, err = c.nearest(first, +1); err != nil {
			return Due{}, err
		}
	}
	length, unit := t.Length, t.Unit
	if unit == Months { // a month is as many days as there are to the same number
		last := first.Add(-1).AddMonths(t.Length)
		length, unit = 0, CalendarDays
		for d := first; d.Compare(last) <= 0; d = d.Add(1) {
			length++
		}
	}
	raw, left := first.Add(-1), length
	for left > 0 {
		day := raw.Add(1)
		switch standing(day, pauses, loc) {
		case forever:
			return Due{Left: left, Version: c.version}, nil
		case runs:
			worked := true
			if unit == WorkingDays {
				var err error
				if worked, err = c.Working(day); err != nil {
					return Due{}, err
				}
			}
			if worked {
				left--
			}
		}
		raw = day
	}
	last, err := c.moved(raw, t.Ends)
	return Due{Day: last, Raw: raw, End: last.Add(1).At(loc), Version: c.version}, err
}

func (c *Calendar) moved(d Date, ends Ends) (Date, error) {
	switch ends {
	case Keep:
		return d, nil
	case PreviousWorking:
		return c.nearest(d, -1)
	}
	return c.nearest(d, +1)
}

type clock int

const (
	runs    clock = iota
	stands        // for this day
	forever       // from this day on, as far as is known
)

// standing tells what the clock does on a day.
func standing(d Date, pauses []Pause, loc *time.Location) clock {
	for _, p := range pauses {
		after := d.Compare(DateOf(p.From.In(loc))) > 0
		switch {
		case after && p.To.IsZero():
			return forever
		case after && d.Compare(DateOf(p.To.In(loc))) <= 0:
			return stands
		}
	}
	return runs
}

// Warnings returns when to warn of a term that runs from a moment: at half of
// it, at four fifths, and a day before its end, in order and without those that
// fall before from. It is empty while the clock stands.
func (d Due) Warnings(from time.Time) []time.Time {
	if d.End.IsZero() {
		return nil
	}
	whole := d.End.Sub(from)
	var at []time.Time
	for _, w := range []time.Time{from.Add(whole / 2), from.Add(whole / 5 * 4), d.End.AddDate(0, 0, -1)} {
		if w.After(from) {
			at = append(at, w)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return slices.Compact(at)
}
