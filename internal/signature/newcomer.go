package signature

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strings"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// newcomerFor returns a registration that goes on in this browser, or
// ErrNewcomer.
func (s *Service) newcomerFor(ctx context.Context, db *sqldb.DB, c account.Client, newcomerID, lock string) (newcomer, error) {
	if !id.Valid(newcomerID) {
		return newcomer{}, ErrNewcomer
	}
	n, err := newcomerByID(ctx, db, s.keys, newcomerID, lock)
	if err == nil && (!hmac.Equal(n.browser, browserHash(c.Browser)) || !n.done.IsZero() || !s.now().Before(n.until)) {
		err = ErrNewcomer
	}
	return n, err
}

// askPhone sends a code to the phone of a newcomer, and keeps what they agreed
// to. It returns ErrNewcomer, account.ErrConsent and limit.ErrTooMany.
func (s *Service) askPhone(ctx context.Context, c account.Client, newcomerID, phone string, consents []string, lang i18n.Lang) error {
	if _, err := s.newcomerFor(ctx, s.db, c, newcomerID, ""); err != nil {
		return err
	}
	flow, err := s.accounts.StartPhone(ctx, c, phone, lang)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		n, err := s.newcomerFor(ctx, tx, c, newcomerID, tx.ForUpdate())
		if err != nil {
			return err
		}
		n.data.Phone, n.data.Flow, n.data.Consents = phone, flow, consents
		return updateNewcomer(ctx, tx, s.keys, n)
	})
}

// join gives a newcomer whose phone answered an account: a new one, or the one
// that has the phone when its holder goes by the same name. The certificate is
// bound to it. It returns ErrNewcomer, ErrDiffers, ErrTaken, ErrBound, ErrFull
// and account.ErrConsent.
func (s *Service) join(ctx context.Context, c account.Client, newcomerID string, lang i18n.Lang) (Entered, error) {
	n, err := s.newcomerFor(ctx, s.db, c, newcomerID, "")
	if err != nil {
		return Entered{}, err
	}
	step, err := s.accounts.PhoneStep(ctx, c, n.data.Flow)
	if err != nil {
		return Entered{}, err
	}
	if !step.Proved {
		return Entered{}, ErrNewcomer
	}
	phone := step.To.Value
	owner, err := s.accounts.Find(ctx, account.Login{Kind: account.Phone, Value: phone})
	if err != nil && !errors.Is(err, account.ErrNone) {
		return Entered{}, fmt.Errorf("registering by a signature: %w", err)
	}
	out := Entered{Next: n.data.Next, Method: "signature.method"}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		out.Account = owner
		n, err := s.newcomerFor(ctx, tx, c, newcomerID, tx.ForUpdate())
		if err != nil {
			return err
		}
		n.done = s.now()
		if err := updateNewcomer(ctx, tx, s.keys, n); err != nil {
			return err
		}
		if owner == "" {
			made, err := s.accounts.Enrol(ctx, tx, account.Newcomer{Name: proper(n.data.Facts.Name), Phone: phone, Consents: n.data.Consents, Lang: lang}, audit.Portal())
			if err != nil {
				return err
			}
			out.Account = made.ID
		}
		by := audit.Actor{Kind: audit.Person, ID: out.Account}
		if err := s.vouch(ctx, tx, out.Account, n.data.Facts, by); err != nil {
			return err
		}
		return s.attach(ctx, tx, by, n.data.Facts.Raw)
	})
	if errors.Is(err, account.ErrTaken) {
		err = ErrTaken
	}
	if err != nil {
		return Entered{}, err
	}
	return out, nil
}

// proper writes a name that a certificate has in capitals as people write it.
func proper(n account.Name) account.Name {
	for _, part := range []*string{&n.Surname, &n.Name, &n.Patronymic} {
		if *part != strings.ToUpper(*part) {
			continue
		}
		runes := []rune(strings.ToLower(*part))
		start := true
		for i, r := range runes {
			if start {
				runes[i] = []rune(strings.ToUpper(string(r)))[0]
			}
			start = r == '-' || r == ' '
		}
		*part = string(runes)
	}
	return n
}
