package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"kabinet/internal/platform/sqldb"
)

// A backup code is 16 characters of an alphabet without look-alikes: 80 bits.
// The first four find it, the other 60 bits are hashed like a password.
// Source: ASVS 6.5.2, 6.5.4.
const (
	backupAlphabet = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's
	backupSize     = 16
	backupFinds    = 4
)

// MakeBackup replaces the backup codes of an account by new ones and returns
// them, for the only time. It returns ErrBusy.
func (s *Service) MakeBackup(ctx context.Context, account, session string) ([]string, error) {
	codes := make([]string, 0, backupCount)
	selectors := map[string]bool{}
	for len(codes) < backupCount {
		c := newBackup()
		if !selectors[c[:backupFinds]] {
			selectors[c[:backupFinds]] = true
			codes = append(codes, c)
		}
	}
	rests := make([]string, len(codes))
	for i, c := range codes {
		rests[i] = c[backupFinds:]
	}
	hashes, err := s.HashAll(ctx, rests)
	if err != nil {
		return nil, fmt.Errorf("making backup codes: %w", err)
	}
	kept := make([]backupCode, len(codes))
	for i, c := range codes {
		kept[i] = backupCode{s.backupSelector(account, c), hashes[i]}
	}
	err = s.changeFactors(ctx, account, session, func(tx *sqldb.DB, _ *Factors) (Factor, bool, error) {
		return FactorBackup, true, replaceBackup(ctx, tx, account, kept, s.now())
	})
	if err != nil {
		return nil, err
	}
	for i, c := range codes {
		codes[i] = showBackup(c)
	}
	return codes, nil
}

// newBackup returns a code without hyphens. 32 letters divide 256 evenly.
func newBackup() string {
	raw := make([]byte, backupSize)
	rand.Read(raw)
	for i, b := range raw {
		raw[i] = backupAlphabet[int(b)%len(backupAlphabet)]
	}
	return string(raw)
}

// showBackup puts hyphens into a code.
func showBackup(c string) string {
	parts := make([]string, 0, backupSize/4)
	for i := 0; i < len(c); i += 4 {
		parts = append(parts, c[i:i+4])
	}
	return strings.Join(parts, "-")
}

// cleanBackup reads a backup code as people type it: with capitals, spaces, and
// the letters that look like digits.
func cleanBackup(typed string) (string, bool) {
	c := strings.Map(func(c rune) rune {
		switch c {
		case ' ', '-', '\u00a0', '–', '—':
			return -1
		case 'o':
			return '0'
		case 'i', 'l':
			return '1'
		}
		return c
	}, strings.ToLower(typed))
	return c, len(c) == backupSize && strings.Trim(c, backupAlphabet) == ""
}

func (s *Service) backupSelector(account, c string) []byte {
	return s.keys.MAC("backup", []byte(account+"/"+c[:backupFinds]))
}

// fitsBackup returns the selector of the backup code that was typed, nil when
// it is none. It takes as long as checking a password and is no part of a
// transaction, in which the code must be used up. It returns ErrBusy.
func (s *Service) fitsBackup(ctx context.Context, account, typed string) ([]byte, error) {
	c, ok := cleanBackup(typed)
	if !ok {
		return nil, nil
	}
	selector := s.backupSelector(account, c)
	hash, err := backupHash(ctx, s.db, account, selector)
	if err != nil {
		return nil, fmt.Errorf("reading a backup code: %w", err)
	}
	right, _, err := s.hasher.check(ctx, hash, c[backupFinds:])
	if err != nil || !right {
		return nil, err
	}
	return selector, nil
}
