package ident

import (
	"strings"
	"unicode/utf8"
)

// ParsePassport returns the 4 digits of the series and the 6 of the number of
// a passport of the Russian Federation. Source: domain 1.7.
func ParsePassport(series, number string) (string, string, error) {
	series, number = bare(series), bare(number)
	if !onlyDigits(series) || !onlyDigits(number) {
		return "", "", Characters
	}
	if len(series) != 4 || len(number) != 6 {
		return "", "", Length
	}
	if allZeros(series + number) {
		return "", "", Zeros
	}
	return series, number, nil
}

// FormatPassport shows a series and number as «00 00 123456» with no-break
// spaces.
func FormatPassport(series, number string) string {
	if len(series) == 4 {
		series = series[:2] + "\u00a0" + series[2:]
	}
	return series + "\u00a0" + number
}

// ParseDivisionCode returns the 6 digits of the code of the office that issued
// a passport.
func ParseDivisionCode(s string) (string, error) { return digits(s, 6) }

// FormatDivisionCode shows 6 digits as «006-006».
func FormatDivisionCode(s string) string {
	if len(s) != 6 {
		return s
	}
	return s[:3] + "-" + s[3:]
}

// ParseForeignPassport returns the 9 digits, series and number, of a passport
// for travelling abroad.
func ParseForeignPassport(s string) (string, error) { return digits(s, 9) }

// FormatForeignPassport shows 9 digits as «70 1234567».
func FormatForeignPassport(s string) string {
	if len(s) != 9 {
		return s
	}
	return s[:2] + "\u00a0" + s[2:]
}

// ParseBirthCertificate returns the series and number of a birth certificate
// as «II-АЛ 123456». It forgives what keyboards do to Roman numerals: «1» for
// I, the Russian У, Х, Л, С for V, X, L, C, small letters, no hyphen.
func ParseBirthCertificate(s string) (string, error) {
	s = strings.ToUpper(bare(s))
	if n := utf8.RuneCountInString(s); n < 9 || n > 14 {
		return "", Length
	}
	number := s[len(s)-6:]
	if !onlyDigits(number) {
		return "", Shape
	}
	if allZeros(number) {
		return "", Zeros
	}
	series := []rune(s[:len(s)-6])
	roman := strings.NewReplacer("1", "I", "У", "V", "Х", "X", "Л", "L", "С", "C").Replace(string(series[:len(series)-2]))
	letters := string(series[len(series)-2:])
	for _, r := range letters {
		if r < 'А' || r > 'Я' {
			return "", Characters
		}
	}
	if !canonicalRoman(roman) {
		return "", Shape
	}
	return roman + "-" + letters + " " + number, nil
}

// canonicalRoman reports whether s is a numeral from I to CCCXCIX written the
// one right way.
func canonicalRoman(s string) bool {
	place := func(one, five, ten string) {
		for _, part := range []string{one + ten, one + five, five} {
			if rest, ok := strings.CutPrefix(s, part); ok {
				s = rest
				if part != five {
					return
				}
				break
			}
		}
		for range 3 {
			s = strings.TrimPrefix(s, one)
		}
	}
	if s == "" {
		return false
	}
	for range 3 {
		s = strings.TrimPrefix(s, "C")
	}
	place("X", "L", "C")
	place("I", "V", "X")
	return s == ""
}

// plateLetters are the letters of registration plates: those that look alike
// in both alphabets.
const plateLetters = "АВЕКМНОРСТУХ"

// ParsePlate returns a vehicle's registration plate in Russian capitals:
// «А123ВС77». It knows plates of cars, motorcycles, trailers and taxis.
// Source: domain 1.8.
func ParsePlate(s string) (string, error) {
	s = cyrillic(strings.ToUpper(bare(s)))
	shape, numbers := make([]rune, 0, 9), ""
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			shape = append(shape, 'd')
			numbers += string(r)
		case strings.ContainsRune(plateLetters, r):
			shape = append(shape, 'L')
		default:
			return "", Characters
		}
	}
	for _, kind := range []struct {
		shape  string
		digits int // of the number itself, the rest is the region
	}{{"LdddLL", 3}, {"ddddLL", 4}, {"LLdddd", 4}, {"LLddd", 3}} {
		region, ok := strings.CutPrefix(string(shape), kind.shape)
		if !ok || region != "dd" && region != "ddd" {
			continue
		}
		if allZeros(numbers[:kind.digits]) || allZeros(numbers[kind.digits:]) {
			return "", Zeros
		}
		return s, nil
	}
	return "", Shape
}

// ParseVIN returns the 17 characters of a vehicle's identification number.
// Vehicles made in Russia carry no check digit, so none is checked.
func ParseVIN(s string) (string, error) {
	s = latin(strings.ToUpper(bare(s)))
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') || strings.ContainsRune("IOQ", r) {
			return "", Characters
		}
	}
	if len(s) != 17 {
		return "", Length
	}
	if allZeros(s) {
		return "", Zeros
	}
	return s, nil
}

// ParseVehicleCertificate returns the 10 characters of a registration
// certificate of a vehicle (СТС) or of a driving licence, in Russian capitals.
func ParseVehicleCertificate(s string) (string, error) {
	s = cyrillic(strings.ToUpper(bare(s)))
	runes := []rune(s)
	if len(runes) != 10 {
		return "", Length
	}
	for i, r := range runes {
		isDigit := r >= '0' && r <= '9'
		if !isDigit && (i != 2 && i != 3 || !strings.ContainsRune(plateLetters, r)) {
			return "", Characters
		}
	}
	if allZeros(s) {
		return "", Zeros
	}
	return s, nil
}

// FormatVehicleCertificate shows 10 characters as «12 31 231231».
func FormatVehicleCertificate(s string) string {
	runes := []rune(s)
	if len(runes) != 10 {
		return s
	}
	return string(runes[:2]) + "\u00a0" + string(runes[2:4]) + "\u00a0" + string(runes[4:])
}
