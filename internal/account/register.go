package account

import (
	"context"
	"fmt"
	"slices"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// What a person agrees to; their texts are kept by package consent.
const (
	ConsentData      = "personal_data" // needed to have an account at all
	ConsentSignature = "signature"     // to use electronic signatures
)

// ErrConsent is returned without the consent that an account needs.
var ErrConsent = fault.New(fault.Invalid, "account.consent_needed")

// StartRegistration sends a code to the phone and returns the ID of the flow.
// A phone that has an account gets a message saying so instead, and the page
// learns nothing. It returns limit.ErrTooMany.
func (s *Service) StartRegistration(ctx context.Context, c Client, phone string, lang i18n.Lang) (string, error) {
	return s.startRegistration(ctx, c, Login{Phone, phone}, lang)
}

func (s *Service) startRegistration(ctx context.Context, c Client, to Login, lang i18n.Lang) (string, error) {
	if err := s.allowSending(ctx, c, to); err != nil {
		return "", err
	}
	owner, err := accountOf(ctx, s.db, s.keys, to)
	if err != nil {
		return "", fmt.Errorf("starting a registration: %w", err)
	}
	var flowID string
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		flowID, err = s.startFlow(ctx, tx, c, flow{kind: flowRegister, data: flowData{Login: to, To: to, Lang: string(lang), Exists: owner != ""}})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("starting a registration: %w", err)
	}
	return flowID, nil
}

// Registration is what a person says of themselves when registering.
type Registration struct {
	Name     Name
	Email    string // "" when none; confirmed later by a link. Not read when registering by e-mail
	Password string
	Consents []string
}

// KeepRegistration remembers what was typed, without the password, so that a
// refresh, another tab or the back button do not lose it. It returns ErrFlow.
func (s *Service) KeepRegistration(ctx context.Context, c Client, flowID string, r Registration) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowRegister)
		if err != nil {
			return err
		}
		f.data.Name, f.data.Email, f.data.Consents = r.Name, r.Email, r.Consents
		return updateFlow(ctx, tx, s.keys, f)
	})
}

// Register makes the account of a proved flow and signs its holder in. It
// returns ErrFlow, ErrConsent, ErrPassword, ErrTaken and ErrBusy.
func (s *Service) Register(ctx context.Context, c Client, flowID string, r Registration) (Started, error) {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", flowRegister)
	if err != nil {
		return Started{}, err
	}
	if f.proved.IsZero() {
		return Started{}, ErrFlow
	}
	if !enough(r.Consents) {
		return Started{}, ErrConsent
	}
	if len(s.Rules().Broken(r.Password, r.context(f.data.Login.Value)...)) > 0 {
		return Started{}, ErrPassword
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return Started{}, fmt.Errorf("registering: %w", err)
	}
	var started Started
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowRegister)
		if err != nil {
			return err
		}
		if err := s.finish(ctx, tx, f); err != nil {
			return err
		}
		started, err = s.register(ctx, tx, c, f, r, hash)
		return err
	})
	if err != nil {
		return Started{}, fmt.Errorf("registering: %w", err)
	}
	return started, nil
}

func (s *Service) register(ctx context.Context, tx *sqldb.DB, c Client, f flow, r Registration, hash string) (Started, error) {
	now := s.now()
	contacts := []contact{{kind: f.data.Login.Kind, value: f.data.Login.Value, confirmed: now, role: roleMain}}
	email := contact{kind: Email, id: id.New(), value: r.Email}
	if f.data.Login.Kind == Email {
		r.Email = "" // it is confirmed already
	}
	if r.Email != "" {
		contacts = append(contacts, email)
	}
	a, err := s.create(ctx, tx, Account{ID: id.New(), Level: Simplified, Lang: f.data.Lang}, contacts...)
	if err != nil {
		return Started{}, err
	}
	if err := setPassword(ctx, tx, a.ID, hash, now); err != nil {
		return Started{}, err
	}
	if err := s.agreed(ctx, tx, a.ID, r.Consents, person(a.ID)); err != nil {
		return Started{}, err
	}
	if s.registered != nil {
		if err := s.registered(ctx, tx, a.ID, r.Name); err != nil {
			return Started{}, err
		}
	}
	if r.Email != "" {
		if err := s.sendLink(ctx, tx, a.ID, email.id); err != nil {
			return Started{}, err
		}
	}
	if err := audit.Record(ctx, tx, now, audit.Entry{Owner: a.ID, Actor: person(a.ID), Act: "account.audit_registered"}); err != nil {
		return Started{}, err
	}
	return s.start(ctx, tx, a, c, entry{method: "account.method_registration"})
}

// enough reports whether the consent is there that an account needs.
func enough(consents []string) bool { return slices.Contains(consents, ConsentData) }

// context is what a stranger would try first as this person's password.
func (r Registration) context(phone string) []string {
	return []string{r.Name.Surname, r.Name.Name, r.Name.Patronymic, r.Email, phone}
}

// person is somebody acting in person, before or outside a session.
func person(account string) audit.Actor { return audit.Actor{Kind: audit.Person, ID: account} }
