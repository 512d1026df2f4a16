package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// usable returns ErrCodeOver when the code can no longer be tried.
func (c oneTime) usable(now time.Time) error {
	if len(c.hash) == 0 || c.tries >= CodeTries || !now.Before(c.until) || now.Before(c.sent.Add(-skew)) {
		return ErrCodeOver
	}
	return nil
}

// left returns how many tries are left.
func (c oneTime) left() int { return max(CodeTries-c.tries, 0) }

// resendAt is when a new one may be asked for.
func (c oneTime) resendAt() time.Time { return c.sent.Add(CodeResend) }

// mayResend returns ErrTooSoon. A clock that stepped back does not make anyone
// wait longer than CodeResend.
func (c oneTime) mayResend(now time.Time) error {
	if now.Before(c.resendAt()) && now.After(c.sent.Add(-CodeResend)) {
		return ErrTooSoon
	}
	return nil
}

// codeHash is what a code is compared by: it is short, so without the key every
// code could be tried.
func (s *Service) codeHash(place, typed string) []byte {
	return s.keys.MAC("code:"+place, []byte(typed))
}

func (s *Service) fits(c oneTime, place, typed string) bool {
	return hmac.Equal(c.hash, s.codeHash(place, cleanCode(typed)))
}

// cleanCode takes away the spaces and hyphens that phones put into codes.
func cleanCode(typed string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		if c == ' ' || c == '-' || c == '\u00a0' {
			return -1
		}
		return 'x'
	}, typed)
}

// WrongCode is ErrCode with the tries that are left.
type WrongCode struct{ Left int }

func (e *WrongCode) Error() string { return fmt.Sprintf("wrong code, %d tries left", e.Left) }

// Unwrap makes it an ErrCode.
func (e *WrongCode) Unwrap() error { return ErrCode }

// missed is what a person is told after a wrong code that was the n-th.
func missed(n int) error {
	if n >= CodeTries {
		return ErrCodeOver
	}
	return &WrongCode{CodeTries - n}
}

// Code is a code that was sent to somebody who is signed in.
type Code struct {
	ID       string
	To       Login  // where it went
	Phone    string // masked, "" when it went elsewhere
	Left     int    // tries
	Expires  time.Time
	ResendAt time.Time
}

// StartCode sends a code to the account's phone that confirms one act: purpose
// names its kind («application.submit»), object the thing it is done to. A code
// that was sent less than CodeResend ago for the same act is returned as it is.
// It returns ErrNoPhone and limit.ErrTooMany.
func (s *Service) StartCode(ctx context.Context, account, purpose, object string) (Code, error) {
	return s.startCode(ctx, account, Phone, purpose, object)
}

// startCode is StartCode to a phone or an address. It returns ErrNoPhone,
// ErrNoEmail and limit.ErrTooMany.
func (s *Service) startCode(ctx context.Context, account string, kind Kind, purpose, object string) (Code, error) {
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return Code{}, fmt.Errorf("starting a code: %w", err)
	}
	to := Login{kind, confirmedContact(contacts, kind)}
	switch {
	case to.Value == "" && kind == Email:
		return Code{}, ErrNoEmail
	case to.Value == "":
		return Code{}, ErrNoPhone
	}
	last, err := latestCode(ctx, s.db, account, purpose, object)
	if err != nil {
		return Code{}, fmt.Errorf("starting a code: %w", err)
	}
	if last.id != "" && last.kind == kind && last.used.IsZero() && last.usable(s.now()) == nil && last.mayResend(s.now()) != nil {
		return state(last, to), nil //nolint:nilerr // it is too early for another, and the last one serves
	}
	if err := s.limits.Take(ctx, limitCodes, account); err != nil {
		return Code{}, err
	}
	c := code{account: account, id: id.New(), purpose: purpose, object: object, kind: kind}
	digits := randomDigits(CodeDigits)
	c.hash = s.codeHash(c.id, digits)
	c.code = s.keys.SealString("account_code", "code", account, digits)
	c.sent, c.until = s.now(), s.now().Add(codeLife(kind))
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := insertCode(ctx, tx, c); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, sendCode{account, c.id})
	})
	if err != nil {
		return Code{}, fmt.Errorf("starting a code: %w", err)
	}
	return state(c, to), nil
}

func state(c code, to Login) Code {
	out := Code{ID: c.id, To: to, Left: c.left(), Expires: c.until, ResendAt: c.resendAt()}
	if to.Kind == Phone {
		out.Phone = i18n.MaskPhone(to.Value)
	}
	return out
}

// ErrNoPhone is returned when an account has no confirmed phone.
var ErrNoPhone = fault.New(fault.Conflict, "account.no_phone")

// CheckCode uses up the code in tx: it fits once, for the act it was sent for.
// It returns ErrCodeOver or a *WrongCode: the caller gives tx up and passes the
// error through MissCode.
func (s *Service) CheckCode(ctx context.Context, tx *sqldb.DB, account, codeID, purpose, object, typed string) error {
	c, err := codeByID(ctx, tx, account, codeID, tx.ForUpdate())
	if err != nil {
		return err
	}
	if c.purpose != purpose || c.object != object || !c.used.IsZero() {
		return ErrCodeOver
	}
	if err := c.usable(s.now()); err != nil {
		return err
	}
	if s.limits.TakeFast(limitCodeTries, c.id) != nil {
		return ErrCodeOver
	}
	if !s.fits(c.oneTime, c.id, typed) {
		return missed(c.tries + 1)
	}
	if err := useCode(ctx, tx, account, c.id, s.now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: audit.Actor{Kind: audit.Person, ID: account}, Act: "account.audit_code", Object: object})
}

// MissCode counts a wrong try when err is one of CheckCode's, and returns err.
// It is called after the transaction: what a transaction that is given up has
// counted is given up too. Until it is called, and for tries made at once, the
// count in memory holds the limit.
func (s *Service) MissCode(ctx context.Context, account, codeID string, err error) error {
	if errors.Is(err, ErrCode) || errors.Is(err, ErrCodeOver) {
		if err := missCode(ctx, s.db, account, codeID); err != nil {
			return fmt.Errorf("counting a wrong code: %w", err)
		}
	}
	return err
}

// CodeState returns a code that was sent before, to show its page again. It
// returns ErrCodeOver when there is none such.
func (s *Service) CodeState(ctx context.Context, account, codeID string) (Code, error) {
	c, err := codeByID(ctx, s.db, account, codeID, "")
	if err != nil {
		return Code{}, err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return Code{}, fmt.Errorf("reading a code: %w", err)
	}
	return state(c, Login{c.kind, confirmedContact(contacts, c.kind)}), nil
}
