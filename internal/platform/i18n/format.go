package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"
)

var (
	monthsRU = [...]string{"января", "февраля", "марта", "апреля", "мая", "июня",
		"июля", "августа", "сентября", "октября", "ноября", "декабря"}
	weekdaysRU = [...]string{"воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"}
)

// Date returns the day for running text: «4 декабря», and with the year
// «4 декабря 2027 г.» when it is not this one.
func Date(ctx context.Context, t time.Time) string {
	r := readerOf(ctx)
	return r.date(t, t.In(r.loc).Year() != r.now.Year())
}

// DateFull returns the day always with its year: «4 декабря 2026 г.».
func DateFull(ctx context.Context, t time.Time) string { return readerOf(ctx).date(t, true) }

func (r *reader) date(t time.Time, year bool) string {
	t = t.In(r.loc)
	if r.lang == EN {
		s := strconv.Itoa(t.Day()) + nbsp + t.Month().String()
		if year {
			s += nbsp + strconv.Itoa(t.Year())
		}
		return s
	}
	s := strconv.Itoa(t.Day()) + nbsp + monthsRU[t.Month()-1]
	if year {
		s += nbsp + strconv.Itoa(t.Year()) + nbsp + "г."
	}
	return s
}

// DateShort returns the day for tables: 04.12.2026, in English 4 Dec 2026.
func DateShort(ctx context.Context, t time.Time) string {
	r := readerOf(ctx)
	if r.lang == EN {
		return strings.ReplaceAll(t.In(r.loc).Format("2 Jan 2006"), " ", nbsp)
	}
	return t.In(r.loc).Format("02.01.2006")
}

// Clock returns the time of day: 09:12.
func Clock(ctx context.Context, t time.Time) string { return t.In(readerOf(ctx).loc).Format("15:04") }

// When returns a moment: «сегодня, 09:12», «вчера, 16:40», «завтра, 10:30»,
// «19 ноября, 11:05».
func When(ctx context.Context, t time.Time) string {
	r := readerOf(ctx)
	t = t.In(r.loc)
	near := map[int]string{-1: "вчера", 0: "сегодня", 1: "завтра"}
	if r.lang == EN {
		near = map[int]string{-1: "yesterday", 0: "today", 1: "tomorrow"}
	}
	day, ok := near[daysBetween(r.now, t)]
	if !ok {
		day = Date(ctx, t)
	}
	return day + ", " + t.Format("15:04")
}

// daysBetween counts the calendar days from one moment's day to another's.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// Weekday returns a day to come to: «суббота, 21 ноября».
func Weekday(ctx context.Context, t time.Time) string {
	r := readerOf(ctx)
	day := t.In(r.loc).Weekday()
	if r.lang == EN {
		return day.String() + ", " + Date(ctx, t)
	}
	return weekdaysRU[day] + ", " + Date(ctx, t)
}

// Number returns n with its thousands parted by no-break spaces.
func Number(ctx context.Context, n int64) string {
	return string(appendNumber(nil, LangOf(ctx), n, 1000))
}

// Money returns a sum of kopecks: «3 042,50 ₽», and without kopecks when there
// are none: «500 ₽».
func Money(ctx context.Context, kopecks int64) string { return money(ctx, kopecks, kopecks%100 != 0) }

// MoneyFull returns a sum always with two digits of kopecks, for receipts:
// «500,00 ₽».
func MoneyFull(ctx context.Context, kopecks int64) string { return money(ctx, kopecks, true) }

func money(ctx context.Context, kopecks int64, fraction bool) string {
	lang := LangOf(ctx)
	var room [48]byte
	b := room[:0]
	if kopecks < 0 {
		b = append(b, "\u2212"...)
		kopecks = -kopecks
	}
	b = appendNumber(b, lang, kopecks/100, 1000)
	if fraction {
		point := byte(',')
		if lang == EN {
			point = '.'
		}
		b = append(b, point, byte('0'+kopecks%100/10), byte('0'+kopecks%10))
	}
	return string(append(b, nbsp+"₽"...))
}

// Bytes returns the size of a file in units of 1024: «640 КБ», «1,8 МБ».
func Bytes(ctx context.Context, n int64) string {
	units := [...]string{"Б", "КБ", "МБ", "ГБ"}
	point := ","
	if LangOf(ctx) == EN {
		units = [...]string{"B", "KB", "MB", "GB"}
		point = "."
	}
	unit, size := 0, float64(n)
	for size >= 1023.5 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	digits := 0
	if unit >= 2 {
		digits = 1
	}
	s := strings.TrimSuffix(strconv.FormatFloat(size, 'f', digits, 64), ".0")
	return strings.Replace(s, ".", point, 1) + nbsp + units[unit]
}

// Phone returns a Russian number of E.164 for reading: «+7 900 000-12-34».
// A number of another country comes back as it is.
func Phone(e164 string) string {
	if len(e164) != 12 || !strings.HasPrefix(e164, "+7") {
		return e164
	}
	return "+7" + nbsp + e164[2:5] + nbsp + e164[5:8] + "-" + e164[8:10] + "-" + e164[10:]
}

// MaskPhone returns a number that its owner knows again and others do not
// learn: «+7 900 •••-12-34».
func MaskPhone(e164 string) string {
	if len(e164) != 12 || !strings.HasPrefix(e164, "+7") {
		return "•••" + e164[max(0, len(e164)-4):]
	}
	return "+7" + nbsp + e164[2:5] + nbsp + "•••-" + e164[8:10] + "-" + e164[10:]
}

// MaskEmail returns an address that its owner knows again and others do not
// learn: «m•••@example.test».
func MaskEmail(address string) string {
	name, domain, found := strings.Cut(address, "@")
	if !found || name == "" {
		return "•••"
	}
	return string([]rune(name)[:1]) + "•••@" + domain
}
