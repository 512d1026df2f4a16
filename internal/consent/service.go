package consent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB       *sqldb.DB
	Keys     *secret.Keyring
	Now      func() time.Time
	Accounts *account.Service
	Notices  *notify.Service
	// Operator is who processes the data, with the postal address, as consents
	// must say.
	Operator i18n.Words
}

// Service is what people agreed to.
type Service struct {
	db       *sqldb.DB
	keys     *secret.Keyring
	now      func() time.Time
	accounts *account.Service
	notices  *notify.Service
	operator i18n.Words
	library  library
	ends     map[Purpose][]Ending
}

// Ending is what a feature does when a consent ends that it worked by.
type Ending func(ctx context.Context, tx *sqldb.DB, c Consent) error

// New returns a Service. The error tells what is wrong with the texts.
func New(o Options) (*Service, error) {
	texts, err := readTexts(textFiles)
	if err != nil {
		return nil, err
	}
	return &Service{db: o.DB, keys: o.Keys, now: o.Now, accounts: o.Accounts, notices: o.Notices, operator: o.Operator, library: texts,
		ends: map[Purpose][]Ending{}}, nil
}

// OnWithdrawal has f run in the transaction in which the person withdraws a
// consent of that purpose: to stop what rests on it, and to plan what must be
// destroyed within 30 days. It is called while the portal is put together.
// Source: 152-FZ 21.5.
func (s *Service) OnWithdrawal(p Purpose, f Ending) { s.ends[p] = append(s.ends[p], f) }

// Given is a consent as it is given.
type Given struct {
	Account string
	Purpose Purpose
	Object  string // "" when it is about the account itself
	Values  Values
	Way     Way    // "" is Tick
	Level   string // of the account; "" has Give look it up
	By      audit.Actor
}

// Single is a consent to one act, ready to be kept.
type Single struct {
	consent  Consent
	evidence []byte
}

// Prepare makes the record of a consent to one act that was not there before,
// such as an application, outside of the transaction that keeps it. g.Level
// must be given. It returns ErrNone.
func (s *Service) Prepare(ctx context.Context, g Given) (*Single, error) {
	t, ok := s.library.current(g.Purpose)
	if !ok {
		return nil, ErrNone
	}
	c := s.made(ctx, t, g)
	evidence, err := s.keys.SealJSON("consent", "evidence", c.Account, c.Proof)
	if err != nil {
		return nil, fmt.Errorf("sealing the evidence of a consent: %w", err)
	}
	return &Single{c, evidence}, nil
}

// Keep stores what Prepare made. The caller's line in the audit log tells of it.
func (s *Service) Keep(ctx context.Context, tx *sqldb.DB, one *Single) error {
	if err := insertConsent(ctx, tx, one.consent, one.evidence); err != nil {
		return fmt.Errorf("keeping a consent: %w", err)
	}
	return nil
}

// made is the consent as it is given now.
func (s *Service) made(ctx context.Context, t text, g Given) Consent {
	lang, now := i18n.LangOf(ctx), s.now()
	c := Consent{ID: id.New(), Account: g.Account, Purpose: g.Purpose, Object: g.Object, Version: t.version, Lang: lang,
		Hash: t.document(lang, s.operatorIn(lang), g.Values).Hash(), Given: now, Until: t.until(now), Channel: channelOf(g.By),
		Proof: Evidence{Values: g.Values, Operator: s.operatorIn(lang), Session: g.By.Session, Level: g.Level, Way: g.Way}}
	if c.Proof.Way == "" {
		c.Proof.Way = Tick
	}
	if g.By.Kind == audit.Staff {
		c.Proof.Staff = g.By.ID
	}
	return c
}

// Give keeps a consent in tx and returns it. A person who gave the same before,
// to the same text as shown, has that one. It returns ErrNone for a purpose
// without a text.
func (s *Service) Give(ctx context.Context, tx *sqldb.DB, g Given) (Consent, error) {
	if err := tx.Lock(ctx, "consent/"+g.Account+"/"+string(g.Purpose)+"/"+g.Object); err != nil {
		return Consent{}, fmt.Errorf("giving a consent: %w", err)
	}
	now := s.now()
	old, err := activeOf(ctx, tx, g.Account, g.Purpose, g.Object, now)
	if err != nil {
		return Consent{}, fmt.Errorf("giving a consent: %w", err)
	}
	if g.Level == "" {
		a, err := s.accounts.AccountIn(ctx, tx, g.Account)
		if err != nil {
			return Consent{}, err
		}
		g.Level = string(a.Level)
	}
	one, err := s.Prepare(ctx, g)
	if err != nil {
		return Consent{}, err
	}
	c := one.consent
	for _, had := range old {
		if had.Version == c.Version && bytes.Equal(had.Hash, c.Hash) {
			return had, nil
		}
	}
	for _, had := range old {
		if err := insertEnd(ctx, tx, had, now, Replaced, c.Channel, g.By.Session); err != nil {
			return c, fmt.Errorf("replacing a consent: %w", err)
		}
	}
	if err := s.Keep(ctx, tx, one); err != nil {
		return c, err
	}
	return c, audit.Record(ctx, tx, now, audit.Entry{Owner: g.Account, Actor: g.By, Act: "consent.audit_given", Object: "consent/" + c.ID, Reason: "consent.purpose_" + string(c.Purpose)})
}

// Registered keeps what somebody agreed to who gets an account, for
// account.Options.Agreed.
func (s *Service) Registered(ctx context.Context, tx *sqldb.DB, account string, purposes []string, by audit.Actor) error {
	for _, p := range purposes {
		if _, err := s.Give(ctx, tx, Given{Account: account, Purpose: Purpose(p), By: by}); err != nil {
			return err
		}
	}
	return nil
}

// Agree is what the person does in the settings: gives a consent that stands
// there, or gives it anew to a changed text. It returns ErrNone.
func (s *Service) Agree(ctx context.Context, account, session string, p Purpose) error {
	t, ok := s.library.current(p)
	if !ok || !t.Asked {
		return ErrNone
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		_, err := s.Give(ctx, tx, Given{Account: account, Purpose: p, By: audit.Actor{Kind: audit.Person, ID: account, Session: session}})
		return err
	})
}

// Withdraw ends a consent by the will of the person, stops what rests on it and
// tells them. It returns ErrNone, ErrOver and ErrRequired.
func (s *Service) Withdraw(ctx context.Context, account, session, consentID string) error {
	by := audit.Actor{Kind: audit.Person, ID: account, Session: session}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		c, err := consentByID(ctx, tx, s.keys, account, consentID)
		if err != nil {
			return err
		}
		if !c.Active(s.now()) {
			return ErrOver
		}
		if t, _ := s.library.current(c.Purpose); t.Required {
			return ErrRequired
		}
		if err := s.end(ctx, tx, c, Withdrawn, by); err != nil {
			return err
		}
		for _, f := range s.ends[c.Purpose] {
			if err := f(ctx, tx, c); err != nil {
				return fmt.Errorf("stopping what consent %s allowed: %w", c.ID, err)
			}
		}
		return s.notices.Send(ctx, tx, notify.Notice{Owner: account, Key: "consent/" + c.ID + "/withdrawn", Title: "consent.notice_withdrawn", Text: "consent.notice_withdrawn_text",
			Args: []any{"title", i18n.K("consent.purpose_" + string(c.Purpose))}, Link: "/settings/consents/" + c.ID, Topic: notify.TopicPerson, Level: notify.Success})
	})
}

// End ends the consents of a purpose about an object in tx, because that is
// over: the link to a bank was removed, an application decided. What was added
// with OnWithdrawal is not run.
func (s *Service) End(ctx context.Context, tx *sqldb.DB, account string, p Purpose, object string, by audit.Actor) error {
	old, err := activeOf(ctx, tx, account, p, object, s.now())
	if err != nil {
		return fmt.Errorf("ending a consent: %w", err)
	}
	for _, c := range old {
		if err := s.end(ctx, tx, c, Done, by); err != nil {
			return err
		}
	}
	return nil
}

// Leave withdraws all consents of somebody whose account goes. What was added
// with OnWithdrawal is not run: everything goes.
func (s *Service) Leave(ctx context.Context, account string) error {
	for {
		list, err := s.List(ctx, account, OnlyActive, "", exportPage)
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
			for _, c := range list {
				if err := s.end(ctx, tx, c, Withdrawn, audit.Portal()); err != nil && !errors.Is(err, ErrOver) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (s *Service) end(ctx context.Context, tx *sqldb.DB, c Consent, why Reason, by audit.Actor) error {
	if err := insertEnd(ctx, tx, c, s.now(), why, channelOf(by), by.Session); errors.Is(err, sqldb.ErrDuplicate) {
		return ErrOver
	} else if err != nil {
		return fmt.Errorf("ending consent %s: %w", c.ID, err)
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: c.Account, Actor: by, Act: "consent.audit_" + string(why), Object: "consent/" + c.ID, Reason: "consent.purpose_" + string(c.Purpose)})
}

// Active reports whether the person agrees to a purpose about an object now.
// db may be a transaction; nil reads outside of one.
func (s *Service) Active(ctx context.Context, db *sqldb.DB, account string, p Purpose, object string) (bool, error) {
	if db == nil {
		db = s.db
	}
	list, err := activeOf(ctx, db, account, p, object, s.now())
	if err != nil {
		return false, fmt.Errorf("reading a consent: %w", err)
	}
	return len(list) > 0, nil
}

// Consent returns one consent of an account. It returns ErrNone.
func (s *Service) Consent(ctx context.Context, account, consentID string) (Consent, error) {
	return consentByID(ctx, s.db, s.keys, account, consentID)
}

// List returns consents, newest first, at most limit older than the one with ID
// before ("" is from the newest).
func (s *Service) List(ctx context.Context, account string, f Filter, before string, limit int) ([]Consent, error) {
	list, err := consentsOf(ctx, s.db, s.keys, account, f, s.now(), before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing consents: %w", err)
	}
	return list, nil
}

// Asked is a consent that stands in the settings, and how it stands with it.
type Asked struct {
	Purpose  Purpose
	Title    i18n.Words
	Required bool // there is no account without it
	Given    bool
	Changed  bool // it was given to an older text
}

// Asked returns the consents of the settings, for their page and for the list
// of first steps.
func (s *Service) Asked(ctx context.Context, account string) (list []Asked, err error) {
	for _, t := range s.library.asked() {
		old, err := activeOf(ctx, s.db, account, t.purpose, "", s.now())
		if err != nil {
			return nil, fmt.Errorf("reading consents: %w", err)
		}
		one := Asked{Purpose: t.purpose, Title: t.Title, Required: t.Required, Given: len(old) > 0}
		one.Changed = one.Given && old[0].Version < t.version
		list = append(list, one)
	}
	return list, nil
}

// Text returns what is shown to somebody who is asked to agree now, in their
// language. It returns ErrNone.
func (s *Service) Text(ctx context.Context, p Purpose, v Values) (Document, error) {
	t, ok := s.library.current(p)
	if !ok {
		return Document{}, ErrNone
	}
	lang := i18n.LangOf(ctx)
	return t.document(lang, s.operatorIn(lang), v), nil
}

// Shown returns the text of a consent as it was shown when it was given.
func (s *Service) Shown(c Consent) (Document, error) {
	t, ok := s.library.version(c.Purpose, c.Version)
	if !ok {
		return Document{}, ErrNone
	}
	operator := c.Proof.Operator
	if operator == "" {
		operator = s.operatorIn(c.Lang)
	}
	return t.document(c.Lang, operator, c.Proof.Values), nil
}

func (s *Service) operatorIn(lang i18n.Lang) string {
	if lang == i18n.EN {
		return s.operator.EN
	}
	return s.operator.RU
}

func channelOf(by audit.Actor) Channel {
	switch by.Kind {
	case audit.Staff:
		return Desk
	case audit.Person:
		return Web
	}
	return Portal
}
