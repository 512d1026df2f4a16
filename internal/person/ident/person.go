package ident

import "strings"

// ParseSNILS returns the 11 digits of a СНИЛС. Numbers up to 001-001-998 were
// given out before the check digits and are accepted without them.
// Source: domain 1.1.
func ParseSNILS(s string) (string, error) {
	s, err := digits(s, 11)
	if err != nil {
		return "", err
	}
	if s[:9] <= "001001998" {
		return s, nil
	}
	check := weighted(s, 9, 8, 7, 6, 5, 4, 3, 2, 1) % 101 % 100
	if check != digit(s, 9)*10+digit(s, 10) {
		return "", CheckDigit
	}
	return s, nil
}

// FormatSNILS shows 11 digits as «112-233-445 95» with a no-break space;
// anything else comes back as it is.
func FormatSNILS(s string) string {
	if len(s) != 11 {
		return s
	}
	return s[:3] + "-" + s[3:6] + "-" + s[6:9] + "\u00a0" + s[9:]
}

// ParseINN returns the 12 digits of a person's ИНН or the 10 of an
// organisation's. Source: domain 1.2.
func ParseINN(s string) (string, error) {
	n := 12
	if len(bare(s)) == 10 {
		n = 10
	}
	s, err := digits(s, n)
	if err != nil {
		return "", err
	}
	var ok bool
	if n == 10 {
		ok = weighted(s, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digit(s, 9)
	} else {
		ok = weighted(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digit(s, 10) &&
			weighted(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digit(s, 11)
	}
	if !ok {
		return "", CheckDigit
	}
	return s, nil
}

// ParsePersonINN returns the 12 digits of a person's ИНН; an organisation's is
// refused as too short.
func ParsePersonINN(s string) (string, error) {
	s, err := ParseINN(s)
	if err == nil && len(s) != 12 {
		return "", Length
	}
	return s, err
}

// ParsePhone returns a phone number as E.164. Russian numbers may begin with
// 8, 7, +7 or the area code; others need their «+» and country.
// Source: domain 1.9.
func ParsePhone(s string) (string, error) {
	s = strings.NewReplacer("(", "", ")", "", ".", "").Replace(bare(s))
	s, international := strings.CutPrefix(s, "+")
	if !onlyDigits(s) {
		return "", Characters
	}
	switch {
	case international && !strings.HasPrefix(s, "7"):
		if len(s) < 8 || len(s) > 15 {
			return "", Length
		}
		if s[0] == '0' {
			return "", Shape
		}
		return "+" + s, nil
	case len(s) == 11 && (s[0] == '7' || s[0] == '8' && !international):
		s = s[1:]
	case len(s) == 10 && !international:
	default:
		return "", Length
	}
	if s[0] < '3' { // no area of the +7 zone begins so
		return "", Shape
	}
	return "+7" + s, nil
}

// Mobile reports whether an E.164 number is a Russian mobile, to which a code
// can be sent by SMS.
func Mobile(e164 string) bool { return len(e164) == 12 && strings.HasPrefix(e164, "+79") }

// ParseOMS returns the 16 digits of a policy of obligatory medical insurance.
// Source: domain 1.6.
func ParseOMS(s string) (string, error) {
	s, err := digits(s, 16)
	if err != nil {
		return "", err
	}
	if !luhn(s) {
		return "", CheckDigit
	}
	return s, nil
}

// FormatOMS shows 16 digits in fours.
func FormatOMS(s string) string {
	if len(s) != 16 {
		return s
	}
	return s[:4] + "\u00a0" + s[4:8] + "\u00a0" + s[8:12] + "\u00a0" + s[12:]
}

// luhn reports whether the last digit of s is right by Luhn's rule.
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := digit(s, len(s)-1-i)
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
