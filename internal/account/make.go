package account

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Sample is an account that is made without its holder: of the demonstration,
// of an operator, of a load test.
type Sample struct {
	Level Level
	Phone string // E.164, taken as confirmed; "" for none
	Email string // canonical, taken as confirmed; "" for none
	Hash  string // of the password, made by Hash; "" lets nobody in until a recovery
	Staff bool
	Lang  i18n.Lang // "" is Russian
}

// Hash returns the stored form of a password, for Sample. It returns ErrBusy.
func (s *Service) Hash(ctx context.Context, password string) (string, error) {
	return s.hasher.hash(ctx, password)
}

// HashAll returns the stored forms of many passwords, working on all cores.
func (s *Service) HashAll(ctx context.Context, passwords []string) ([]string, error) {
	hashes := make([]string, len(passwords))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range passwords {
		group.Go(func() (err error) {
			hashes[i], err = s.hasher.hash(ctx, p)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("hashing passwords: %w", err)
	}
	return hashes, nil
}

// Make creates an account in tx as it stands in the sample. It returns ErrTaken.
func (s *Service) Make(ctx context.Context, tx *sqldb.DB, sample Sample) (Account, error) {
	if sample.Lang == "" {
		sample.Lang = i18n.RU
	}
	var contacts []contact
	if sample.Phone != "" {
		contacts = append(contacts, contact{kind: Phone, value: sample.Phone, confirmed: s.now(), role: roleMain})
	}
	if sample.Email != "" {
		contacts = append(contacts, contact{kind: Email, value: sample.Email, confirmed: s.now(), role: roleMain})
	}
	a, err := s.create(ctx, tx, Account{ID: id.New(), Level: sample.Level, Staff: sample.Staff, Lang: string(sample.Lang)}, contacts...)
	if err != nil {
		return a, err
	}
	if sample.Hash != "" {
		if err := setPassword(ctx, tx, a.ID, sample.Hash, s.now()); err != nil {
			return a, fmt.Errorf("making an account: %w", err)
		}
	}
	return a, audit.Record(ctx, tx, s.now(), audit.Entry{Owner: a.ID, Actor: audit.Portal(), Act: "account.audit_made"})
}

// SetPassword chooses a password for somebody, as an operator at the machine
// does: every session ends and the holder is told. It returns ErrPassword and
// ErrBusy.
func (s *Service) SetPassword(ctx context.Context, account, password string) error {
	rules, words, err := s.rulesFor(ctx, account)
	if err != nil {
		return err
	}
	if len(rules.Broken(password, words...)) > 0 {
		return ErrPassword
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("setting a password: %w", err)
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.replacePassword(ctx, tx, account, hash, ""); err != nil {
			return fmt.Errorf("setting a password: %w", err)
		}
		if err := s.tellPassword(ctx, tx, account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: audit.Portal(), Act: "account.audit_password"})
	})
}

// MakeMany creates many accounts in one transaction, for load tests: without
// looks whether somebody has the contacts, which end it by an error, and
// without lines in the audit log. also, which may be nil, adds to each what
// other features keep.
func (s *Service) MakeMany(ctx context.Context, samples []Sample, also func(ctx context.Context, tx *sqldb.DB, i int, account string) error) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		for i, sample := range samples {
			account := id.New()
			if err := s.makeOne(ctx, tx, account, sample); err != nil {
				return err
			}
			if also == nil {
				continue
			}
			if err := also(ctx, tx, i, account); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("making accounts: %w", err)
	}
	return nil
}

func (s *Service) makeOne(ctx context.Context, tx *sqldb.DB, account string, sample Sample) error {
	now := s.now()
	number, err := s.number(ctx, tx, account)
	if err != nil {
		return err
	}
	a := Account{ID: account, Number: number, Level: sample.Level, Staff: sample.Staff, Lang: string(i18n.RU), Created: now}
	if err := insertAccount(ctx, tx, a); err != nil {
		return err
	}
	if err := setPassword(ctx, tx, account, sample.Hash, now); err != nil {
		return err
	}
	for _, l := range []Login{{Phone, sample.Phone}, {Email, sample.Email}} {
		if l.Value == "" {
			continue
		}
		if err := insertIdentifier(ctx, tx, s.keys, l, account); err != nil {
			return err
		}
		if err := insertContact(ctx, tx, s.keys, account, contact{kind: l.Kind, id: string(l.Kind), value: l.Value, confirmed: now, role: roleMain}); err != nil {
			return err
		}
	}
	return nil
}
