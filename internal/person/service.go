package person

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Service is what the portal knows of people.
type Service struct {
	db       *sqldb.DB
	keys     *secret.Keyring
	now      func() time.Time
	accounts *account.Service
	consents *consent.Service // nil until KeepByConsent
	notices  *notify.Service  // as well
	review   Review           // nil until OnReview
	unproved Unproved         // nil until OnUnproved
}

// New returns a Service.
func New(db *sqldb.DB, keys *secret.Keyring, now func() time.Time, accounts *account.Service) *Service {
	return &Service{db: db, keys: keys, now: now, accounts: accounts}
}

// Create keeps the name of a new account in the transaction that makes it, for
// account.Options.Registered.
func (s *Service) Create(ctx context.Context, tx *sqldb.DB, account string, n account.Name) error {
	if err := savePerson(ctx, tx, s.keys, account, Person{Surname: n.Surname, Name: n.Name, Patronymic: n.Patronymic}, s.now()); err != nil {
		return fmt.Errorf("keeping a name: %w", err)
	}
	return nil
}

// Person returns what is known of the holder of an account, the zero Person
// when nothing is.
func (s *Service) Person(ctx context.Context, account string) (Person, error) {
	p, err := personOf(ctx, s.db, s.keys, account, "")
	if err != nil {
		return p, fmt.Errorf("reading a person: %w", err)
	}
	return p, nil
}

// NameOf returns the holder's name, for account.Options.NameOf.
func (s *Service) NameOf(ctx context.Context, id string) (account.Name, error) {
	p, err := s.Person(ctx, id)
	return account.Name{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic}, err
}

// Put replaces everything that is known, as somebody who checked it or who sets
// up the portal says; what is verified stands in p.
func (s *Service) Put(ctx context.Context, tx *sqldb.DB, account string, p Person, by audit.Actor) error {
	old, err := personOf(ctx, tx, s.keys, account, tx.ForUpdate())
	if err != nil {
		return fmt.Errorf("putting a person: %w", err)
	}
	var changed []Part
	for _, part := range Parts {
		if !same(part, old, p) || old.Is(part) != p.Is(part) {
			changed = append(changed, part)
		}
	}
	p.version = old.version
	if err := s.replace(ctx, tx, account, old, p, by, changed...); err != nil {
		return fmt.Errorf("putting a person: %w", err)
	}
	return nil
}

// replace stores fresh, a line of the history for each part, and the level that
// follows.
func (s *Service) replace(ctx context.Context, tx *sqldb.DB, account string, old, fresh Person, by audit.Actor, parts ...Part) error {
	now := s.now()
	if err := savePerson(ctx, tx, s.keys, account, fresh, now); err != nil {
		return err
	}
	for _, part := range parts {
		if err := insertChange(ctx, tx, s.keys, account, Change{ID: id.New(), At: now, Part: part, By: string(by.Kind)}, Person{}.take(part, old)); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, now, audit.Entry{Owner: account, Actor: by, Act: "person.audit_changed", Object: "person/" + string(part)}); err != nil {
			return err
		}
	}
	return s.level(ctx, tx, account, fresh.Proved())
}

// level raises a Simplified account whose data were verified and takes a
// Standard one back whose data no longer are.
func (s *Service) level(ctx context.Context, tx *sqldb.DB, id string, proved bool) error {
	a, err := s.accounts.AccountIn(ctx, tx, id)
	if err != nil {
		return err
	}
	switch {
	case a.Level == account.Simplified && proved:
		return s.accounts.SetLevel(ctx, tx, id, account.Standard, audit.Portal())
	case a.Level == account.Standard && !proved:
		return s.accounts.SetLevel(ctx, tx, id, account.Simplified, audit.Portal())
	}
	return nil
}

// Prefill returns what forms need not ask for, by the name of the source:
// "person.snils", "person.fio.last", "account.phone". It is empty for somebody
// who does not want forms filled in; what is kept by a consent that was
// withdrawn is left out.
func (s *Service) Prefill(ctx context.Context, id string) (map[string]Prefilled, error) {
	set, err := s.Settings(ctx, id)
	if err != nil || !set.Fill {
		return map[string]Prefilled{}, err
	}
	p, err := s.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	if !same(Extra, p, Person{}) || len(p.Relatives) > 0 {
		agrees, err := s.agrees(ctx, nil, id)
		if err != nil {
			return nil, err
		}
		if !agrees {
			p = p.without(Extra).without(Family)
		}
	}
	all := p.facts()
	contacts, err := s.accounts.Contacts(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"account.", "person."} {
		if contacts.Phone != "" {
			all[name+"phone"] = Prefilled{contacts.Phone, "person.from_profile"}
		}
		if contacts.Email != "" {
			all[name+"email"] = Prefilled{contacts.Email, "person.from_profile"}
		}
	}
	return all, nil
}

// History returns what was changed and when, newest first, at most limit lines
// older than the one with ID before ("" is from the newest).
// part "" is every part.
func (s *Service) History(ctx context.Context, account string, part Part, before string, limit int) ([]Change, error) {
	list, err := changes(ctx, s.db, account, part, before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing changes: %w", err)
	}
	return list, nil
}
