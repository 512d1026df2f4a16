package ident

import (
	"strconv"
	"strings"
)

// ParseOGRN returns the 13 digits by which an organisation is registered or
// the 15 of an entrepreneur. Source: domain 1.3.
func ParseOGRN(s string) (string, error) {
	n, mod := 13, uint64(11)
	if len(bare(s)) == 15 {
		n, mod = 15, 13
	}
	s, err := digits(s, n)
	if err != nil {
		return "", err
	}
	body, err := strconv.ParseUint(s[:n-1], 10, 64)
	if err != nil {
		return "", Characters
	}
	if body%mod%10 != uint64(digit(s, n-1)) {
		return "", CheckDigit
	}
	return s, nil
}

// ParseBIK returns the 9 digits by which a bank is known. It has no check
// digit. Source: domain 1.4.
func ParseBIK(s string) (string, error) { return digits(s, 9) }

// ParseAccount returns the 20 characters of a bank account without a look at
// its key, which depends on the bank: see [ParseBankAccount].
func ParseAccount(s string) (string, error) {
	s = latin(strings.ToUpper(bare(s)))
	if len(s) != 20 {
		if !onlyDigits(s) {
			return "", Characters
		}
		return "", Length
	}
	if !onlyDigits(plainAccount(s)) {
		return "", Characters
	}
	if allZeros(s) {
		return "", Zeros
	}
	return s, nil
}

// plainAccount puts the digit in place of the letter that a clearing currency
// has at the sixth position.
func plainAccount(s string) string {
	if digit := strings.IndexByte("ABCEHKMPTX", s[5]); digit >= 0 {
		return s[:5] + strconv.Itoa(digit) + s[6:]
	}
	return s
}

// ParseBankAccount returns the 20 characters of an account in the bank bik,
// which must be canonical. The key of an account depends on its bank, so a
// right account beside a wrong bank gives CheckDigit too.
// Source: domain 1.4; treasury accounts beginning with 0 follow no known rule.
func ParseBankAccount(bik, account string) (string, error) {
	account, err := ParseAccount(account)
	if err != nil {
		return "", err
	}
	if len(bik) != 9 || !onlyDigits(bik) {
		return "", CheckDigit
	}
	if account[0] == '0' {
		return account, nil
	}
	prefix := bik[6:]
	if strings.HasPrefix(account, "301") || strings.HasPrefix(account, "40102") {
		prefix = "0" + bik[4:6] // the account is kept by the Bank of Russia
	}
	sum, weights := 0, [3]int{7, 1, 3}
	for i, s := 0, prefix+plainAccount(account); i < len(s); i++ {
		sum += digit(s, i) * weights[i%3]
	}
	if sum%10 != 0 {
		return "", CheckDigit
	}
	return account, nil
}
