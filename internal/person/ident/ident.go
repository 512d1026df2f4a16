package ident

import "strings"

// Reason says why a number was not accepted. It is the error of this package
// and carries nothing of what was typed.
type Reason string

// Why a number was not accepted.
const (
	Length     Reason = "length"      // too few or too many characters
	Characters Reason = "characters"  // something that cannot stand in it
	CheckDigit Reason = "check_digit" // a slip: the check digits do not agree
	Zeros      Reason = "zeros"       // nothing but zeros, which would pass most checks
	Shape      Reason = "shape"       // the right characters in the wrong places
)

// Error returns the reason for a log line.
func (r Reason) Error() string { return "identifier: " + string(r) }

// bare removes what people put between digits and letters: spaces of every
// kind, hyphens and dashes, «№».
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\r', '\u00a0', '\u2007', '\u2009', '\u202f', '\ufeff', '-', '\u2010', '\u2011', '\u2012', '–', '—', '\u2212', '№':
			return -1
		}
		return r
	}, s)
}

// digits returns s without separators when it is n digits and not all zeros.
func digits(s string, n int) (string, error) {
	s = bare(s)
	if !onlyDigits(s) {
		return "", Characters
	}
	if len(s) != n {
		return "", Length
	}
	if allZeros(s) {
		return "", Zeros
	}
	return s, nil
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func allZeros(s string) bool { return strings.Trim(s, "0") == "" }

// weighted returns Σ digit·weight over as many digits as there are weights.
func weighted(s string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

func digit(s string, i int) int { return int(s[i] - '0') }

// cyrillic turns Latin letters that look like Russian ones into those.
func cyrillic(s string) string { return strings.Map(toCyrillic, s) }

func toCyrillic(r rune) rune {
	switch r {
	case 'A':
		return 'А'
	case 'B':
		return 'В'
	case 'E':
		return 'Е'
	case 'K':
		return 'К'
	case 'M':
		return 'М'
	case 'H':
		return 'Н'
	case 'O':
		return 'О'
	case 'P':
		return 'Р'
	case 'C':
		return 'С'
	case 'T':
		return 'Т'
	case 'Y':
		return 'У'
	case 'X':
		return 'Х'
	}
	return r
}

// latin turns Russian letters that look like Latin ones into those.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		for _, l := range "ABEKMHOPCTYX" {
			if toCyrillic(l) == r {
				return l
			}
		}
		return r
	}, s)
}
