package sqldb

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// timeLayout is how a time lies in an SQLite file: fixed width and always UTC,
// so that text order is time order. PostgreSQL reads the same text.
const timeLayout = "2006-01-02 15:04:05.000000+00:00"

// Time is a moment in a timestamptz column, in UTC with microseconds, the
// precision that both databases keep. The zero Time is NULL.
type Time struct{ time.Time }

// At returns t as it comes back from the database.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(timeLayout), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = Time{}
		return nil
	case time.Time:
		*t = At(v)
		return nil
	case string:
		return t.parse(v)
	case []byte:
		return t.parse(string(v))
	}
	return fmt.Errorf("sqldb: a time cannot be read from %T", v)
}

// parse reads timeLayout by position: time.Parse takes ten times as long, and a
// page of a list reads dozens.
func (t *Time) parse(s string) error {
	if len(s) == len(timeLayout) && s[4] == '-' && s[19] == '.' && s[26:] == "+00:00" {
		n := func(i, j int) (v int) {
			for ; i < j; i++ {
				v = v*10 + int(s[i]-'0')
			}
			return v
		}
		t.Time = time.Date(n(0, 4), time.Month(n(5, 7)), n(8, 10), n(11, 13), n(14, 16), n(17, 19), n(20, 26)*1000, time.UTC)
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05"} {
		if p, err := time.Parse(layout, s); err == nil {
			*t = At(p)
			return nil
		}
	}
	return fmt.Errorf("sqldb: %q is not a time", s)
}
