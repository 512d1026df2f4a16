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

// ParseBankAccount returns the 20 characters of an account in the bank bik,
// which must be canonical. The key of an account depends on its bank, so a
// right account beside a wrong bank gives CheckDigit too.
// Source: domain 1.4; treasury accounts beginning with 0 follow no known rule.
func ParseBankAccount(bik, account string) (string, error) {
	account = latin(strings.ToUpper(bare(account)))
	if len(account) != 20 {
		if !onlyDigits(account) {
			return "", Characters
		}
		return "", Length
	}
	plain := []byte(account)
	if currency := strings.IndexByte("ABCEHKMPTX", account[5]); currency >= 0 {
		plain[5] = byte('0' + currency)
	}
	if !onlyDigits(string(plain)) {
		return "", Characters
	}
	if allZeros(account) {
		return "", Zeros
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
	for i, s := 0, prefix+string(plain); i < len(s); i++ {
		sum += digit(s, i) * weights[i%3]
	}
	if sum%10 != 0 {
		return "", CheckDigit
	}
	return account, nil
}
