package telemetry

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Mask replaces what looks personal within a text: e-mail addresses and numbers
// of ten and more digits (phones, СНИЛС, passports, ИНН, cards), however they
// are grouped, that are not part of a word. IDs and hashes stay.
func Mask(s string) string {
	if !maybePersonal(s) {
		return s
	}
	return maskNumbers(maskMail(s))
}

// maybePersonal is a quick look that lets nearly all texts pass.
func maybePersonal(s string) bool {
	digits := 0
	for i := range len(s) {
		if s[i] == '@' {
			return true
		}
		if '0' <= s[i] && s[i] <= '9' {
			digits++
		}
	}
	return digits >= 10
}

func maskMail(s string) string {
	at := strings.IndexByte(s, '@')
	if at < 0 {
		return s
	}
	outside := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_+%'", r)
	}
	start := strings.LastIndexFunc(s[:at], outside)
	if start >= 0 {
		_, n := utf8.DecodeRuneInString(s[start:])
		start += n
	} else {
		start = 0
	}
	end := strings.IndexFunc(s[at+1:], outside)
	if end < 0 {
		end = len(s)
	} else {
		end += at + 1
	}
	if start == at || end == at+1 { // not an address: nothing on one of the sides
		return s[:at+1] + maskMail(s[at+1:])
	}
	return s[:start] + "[masked]" + maskMail(s[end:])
}

// maskNumbers looks at the runs of digits and what may group them.
func maskNumbers(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		start := strings.IndexAny(s, "+0123456789")
		if start < 0 {
			break
		}
		if n := len(time.DateOnly); len(s) >= start+n { // a date is no number
			if _, err := time.Parse(time.DateOnly, s[start:start+n]); err == nil {
				b.WriteString(s[:start+n])
				s = s[start+n:]
				continue
			}
		}
		end, digits := start, 0
		for i, r := range s[start:] {
			if r < utf8.RuneSelf && '0' <= r && r <= '9' {
				digits++
				end = start + i + 1
			} else if !strings.ContainsRune("+ -()\u00a0\u2011", r) {
				break
			}
		}
		end = max(end, start+1)
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		after, _ := utf8.DecodeRuneInString(s[end:])
		b.WriteString(s[:start])
		if digits >= 10 && !wordy(before) && !wordy(after) {
			b.WriteString("[masked]")
		} else {
			b.WriteString(s[start:end])
		}
		s = s[end:]
	}
	b.WriteString(s)
	return b.String()
}

func wordy(r rune) bool { return unicode.IsLetter(r) && r != utf8.RuneError || r == '_' }
