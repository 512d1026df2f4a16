// Package id makes identifiers of things.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// crockford leaves out i, l, o and u, so that an ID read aloud is not mistaken.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New returns a new ID: 26 lower-case characters, 48 bits of time in
// milliseconds and 80 random bits. IDs made later sort later, which keeps new
// rows side by side in an index. It tells when it was made: where that must
// stay unknown use Secret.
func New() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16)
	rand.Read(b[6:])
	return crockford.EncodeToString(b[:])
}

// Secret returns 26 characters of 128 random bits, for what must not be guessed.
func Secret() string {
	var b [16]byte
	rand.Read(b[:])
	return crockford.EncodeToString(b[:])
}

// Valid reports whether s has the shape of an ID made by this package. It lets
// handlers answer 404 without a query.
func Valid(s string) bool {
	if len(s) != 26 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u' {
			continue
		}
		return false
	}
	return true
}
