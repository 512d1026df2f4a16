package proofing

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/register/post"
)

// letterJob has the post office carry a code.
type letterJob struct{ Account, ID string }

// Kind implements jobs.Args.
func (letterJob) Kind() string { return "proofing.letter" }

// Letter is an order of a code on paper, as its holder sees it.
type Letter struct {
	ID      string
	Address string
	Ordered time.Time
	Sent    bool      // the post office has it
	Until   time.Time // the code serves until then
	Left    int       // tries
	Used    bool
}

// Over reports whether the code of the letter can no longer be entered.
func (l Letter) Over(now time.Time) bool { return l.Used || l.Left <= 0 || !now.Before(l.Until) }

func (l letter) shown() Letter {
	return Letter{ID: l.id, Address: l.address, Ordered: l.created, Sent: !l.sent.IsZero(), Until: l.created.Add(letterLife),
		Left: max(letterTries-l.tries, 0), Used: !l.used.IsZero()}
}

// Letter returns the newest order of an account. It returns ErrNoLetter.
func (s *Service) Letter(ctx context.Context, account string) (Letter, error) {
	l, err := s.store.letter(ctx, s.DB, account, "", "")
	return l.shown(), told("reading a letter", err)
}

// OrderLetter has a code sent on paper to an address. It returns ErrLevel,
// ErrDone, ErrIncomplete without an address, ErrOpen while a letter is on its
// way whose code still serves, and limit.ErrTooMany.
func (s *Service) OrderLetter(ctx context.Context, acc, session, address string) error {
	if address == "" {
		return ErrIncomplete
	}
	a, err := s.Accounts.Account(ctx, acc)
	switch {
	case err != nil:
		return fmt.Errorf("ordering a letter: %w", err)
	case a.Level == account.Confirmed:
		return ErrDone
	case a.Level != account.Standard:
		return ErrLevel
	}
	if last, err := s.Letter(ctx, acc); err == nil && !last.Over(s.Now()) {
		return ErrOpen
	} else if err != nil && !errors.Is(err, ErrNoLetter) {
		return err
	}
	if err := s.Limits.Take(ctx, limitLetters, acc); err != nil {
		return err
	}
	l := letter{account: acc, id: id.New(), address: address, code: newLetterCode(), created: s.Now()}
	l.hash = s.letterHash(l.id, l.code)
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "proofing/"+acc); err != nil {
			return err
		}
		// Asked again under the lock: two clicks are one letter.
		if last, err := s.store.letter(ctx, tx, acc, "", ""); err == nil && !last.shown().Over(s.Now()) {
			return ErrOpen
		} else if err != nil && !errors.Is(err, ErrNoLetter) {
			return err
		}
		if err := s.store.insertLetter(ctx, tx, l); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, letterJob{acc, l.id}); err != nil {
			return err
		}
		return s.record(ctx, tx, acc, byPerson(acc, session), "proofing.audit_letter", l.id, "")
	})
	return told("ordering a letter", err)
}

// newLetterCode returns 34 random bits as characters of letters.
func newLetterCode() string {
	code := make([]byte, letterLength)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			panic(err) // no randomness
		}
		code[i] = letters[n.Int64()]
	}
	return string(code)
}

// letterHash is what a code is compared by: with the key, since it is short.
func (s *Service) letterHash(id, code string) []byte {
	return s.Keys.MAC("proofing letter "+id, []byte(code))
}

// sendLetter orders the letter at the post office, which knows a repeated order
// by its ID.
func (s *Service) sendLetter(ctx context.Context, j jobs.Job[letterJob]) error {
	l, err := s.store.letter(ctx, s.DB, j.Args.Account, j.Args.ID, "")
	if errors.Is(err, ErrNoLetter) || err == nil && l.code == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sending letter %s: %w", j.Args.ID, err)
	}
	if s.Post == nil {
		return jobs.Permanent(fmt.Errorf("sending letter %s: no post office is configured", l.id))
	}
	p, err := s.People.Person(ctx, l.account)
	if err != nil {
		return fmt.Errorf("sending letter %s: %w", l.id, err)
	}
	text := i18n.T(s.Texts.With(ctx, i18n.RU, s.Location, s.Now()), "proofing.letter_text", "code", FormatLetterCode(l.code),
		"until", i18n.DateFull(s.Texts.With(ctx, i18n.RU, s.Location, s.Now()), l.created.Add(letterLife)), "page", s.PublicURL+postPath)
	if err := s.Post.Send(ctx, post.Letter{ID: l.id, Name: p.FullName(), Address: l.address, Text: text}); err != nil {
		return fmt.Errorf("sending letter %s: %w", l.id, err)
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := sentLetter(ctx, tx, l.account, l.id, s.Now()); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	return told("sending a letter", err)
}

// WrongLetter is ErrLetterOver's milder kind: the code does not fit, and so many
// tries are left.
type WrongLetter struct{ Left int }

func (e *WrongLetter) Error() string { return fmt.Sprintf("wrong code, %d tries left", e.Left) }

// EnterLetter confirms the account by the code of its newest letter. It returns
// ErrNoLetter, ErrLetterOver and *WrongLetter.
func (s *Service) EnterLetter(ctx context.Context, acc, session, typed string) error {
	var wrong error
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		wrong = nil
		l, err := s.store.letter(ctx, tx, acc, "", tx.ForUpdate())
		if err != nil {
			return err
		}
		if l.shown().Over(s.Now()) {
			return ErrLetterOver
		}
		if !hmac.Equal(l.hash, s.letterHash(l.id, cleanLetterCode(typed))) {
			// The miss counts although the code does not fit: it is committed.
			if wrong = ErrLetterOver; l.tries+1 < letterTries {
				wrong = &WrongLetter{letterTries - l.tries - 1}
			}
			if err := missLetter(ctx, tx, acc, l.id); err != nil {
				return err
			}
			return s.record(ctx, tx, acc, byPerson(acc, session), "proofing.audit_letter_missed", l.id, "")
		}
		if err := useLetter(ctx, tx, acc, l.id, s.Now()); err != nil {
			return err
		}
		return s.ConfirmIn(ctx, tx, Vouch{Account: acc, Method: "proofing.by_post", By: audit.Actor{Kind: audit.Person, ID: acc, Session: session}})
	})
	if err == nil {
		return wrong
	}
	return told("entering the code of a letter", err)
}
