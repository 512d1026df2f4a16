// Package id makes identifiers of things.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// crockford leaves out i, l, o and u, so that an ID read aloud is not mistaken.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// last is the ID made last in this process: the next one is greater, also
// within one millisecond.
var last struct {
	sync.Mutex
	b [16]byte
}

// New returns a new ID: 26 lower-case characters, 48 bits of time in
// milliseconds and 80 random bits. IDs made later sort later, in one process
// also those of the same millisecond, which keeps new rows side by side in an
// index and lists in the order of events. It tells when it was made: where that
// must stay unknown use Secret.
func New() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16)
	rand.Read(b[6:])
	last.Lock()
	defer last.Unlock()
	if string(b[:6]) <= string(last.b[:6]) {
		// The clock stands still or went back: go on from the last one by a random
		// step, so that the next ID cannot be guessed from it.
		step := uint64(binary.BigEndian.Uint32(b[12:])) + 1
		b = last.b
		low := binary.BigEndian.Uint64(b[8:]) + step
		if low < step {
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])+1)
		}
		binary.BigEndian.PutUint64(b[8:], low)
	}
	last.b = b
	return crockford.EncodeToString(b[:])
}

// At returns an ID as New would have made it at a moment, for what is stored as
// if it had happened then.
func At(t time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMilli())<<16)
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
