package outside

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// Phone sends a code to the phone of somebody who arrived. It returns ErrOver,
// ErrAgree and limit.ErrTooMany.
func (s *Service) Phone(ctx context.Context, c account.Client, arrivalID, phone string, lang i18n.Lang) error {
	a, _, err := s.arrivalFor(ctx, s.db, c, arrivalID, "")
	if err != nil {
		return err
	}
	if a.data.Agreed.IsZero() {
		return ErrAgree
	}
	flow, err := s.accounts.StartPhone(ctx, c, phone, lang)
	if err != nil {
		return err
	}
	return s.change(ctx, c, arrivalID, func(a *arrival) error {
		a.data.Phone, a.data.Flow, a.data.Proved = phone, flow, false
		return nil
	})
}

// ProvePhone takes the code. It returns ErrOver, account.ErrFlow,
// account.ErrCodeOver or a *account.WrongCode.
func (s *Service) ProvePhone(ctx context.Context, c account.Client, arrivalID, typed string) error {
	a, _, err := s.arrivalFor(ctx, s.db, c, arrivalID, "")
	if err != nil {
		return err
	}
	if err := s.accounts.Prove(ctx, c, a.data.Flow, typed); err != nil {
		return err
	}
	step, err := s.accounts.PhoneStep(ctx, c, a.data.Flow)
	if err != nil {
		return err
	}
	return s.change(ctx, c, arrivalID, func(a *arrival) error {
		a.data.Proved = step.Proved && step.To.Value == a.data.Phone
		return nil
	})
}

// stage is what somebody who arrived does next.
type stage string

const (
	stageAgree    stage = "agree"    // read what is passed on
	stageLink     stage = "link"     // link the account that is theirs
	stagePhone    stage = "phone"    // say which phone they have
	stageCode     stage = "code"     // give the code sent there
	stageRegister stage = "register" // get a new account
)

// standing is where an arrival stands.
type standing struct {
	stage   stage
	phone   string // confirmed, by us or by the provider
	account string // that the phone belongs to, or that is signed in; "" for none
}

// stand tells what an arrival does next. What is known of a phone's account is
// used only when the person holds the phone.
func (s *Service) stand(ctx context.Context, a arrival, signedIn string) (standing, error) {
	d := a.data
	switch {
	case d.Agreed.IsZero() || d.Owner != "": // whose is known needs nothing more
		return standing{stage: stageAgree}, nil
	case signedIn != "":
		return standing{stage: stageLink, account: signedIn}, nil
	case d.Flow != "" && !d.Proved:
		return standing{stage: stageCode}, nil
	}
	phone := d.Phone
	if !d.Proved {
		phone = d.Said.Phone
	}
	if phone == "" {
		return standing{stage: stagePhone}, nil
	}
	owner, err := s.accounts.Find(ctx, account.Login{Kind: account.Phone, Value: phone})
	switch {
	case errors.Is(err, account.ErrNone):
		return standing{stage: stageRegister, phone: phone}, nil
	case err != nil:
		return standing{}, fmt.Errorf("looking for a phone's account: %w", err)
	case !d.Proved: // the provider knows the number, but an account takes our own proof
		return standing{stage: stagePhone}, nil
	}
	return standing{stage: stageLink, phone: phone, account: owner}, nil
}

// Join links an account to the subject of an arrival: the one that is signed
// in, or, when signedIn is "", the one of the phone that was proved. It returns
// the account and ErrOver, ErrAgree, ErrOther, ErrTwo, ErrKnown, a *Differs and
// limit.ErrTooMany.
func (s *Service) Join(ctx context.Context, c account.Client, arrivalID, signedIn, session string) (Entry, error) {
	a, p, err := s.arrivalFor(ctx, s.db, c, arrivalID, "")
	if err != nil {
		return Entry{}, err
	}
	if a.data.Said == nil {
		return Entry{}, ErrOver
	}
	st, err := s.stand(ctx, a, signedIn)
	switch {
	case err != nil:
		return Entry{}, err
	case st.stage == stageAgree:
		return Entry{}, ErrAgree
	case st.stage != stageLink:
		return Entry{}, ErrOver
	}
	if err := s.limits.Take(ctx, limitLinks, st.account); err != nil {
		return Entry{}, err
	}
	by := audit.Actor{Kind: audit.Person, ID: st.account, Session: session}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if _, _, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate()); err != nil {
			return err // somebody was quicker in another tab
		}
		if err := s.takeOver(ctx, tx, p, st.account, *a.data.Said); err != nil {
			return err
		}
		return s.link(ctx, tx, a, p, st.account, by)
	})
	if errors.Is(err, ErrDiffers) {
		if err := s.refused(ctx, p, st.account, by); err != nil {
			return Entry{}, err
		}
	}
	if err != nil {
		return Entry{}, s.known(p, err)
	}
	return Entry{Account: st.account, Said: strong(*a.data.Said, a.data.Proved), Next: a.data.Next, Method: p.Kind.method()}, nil
}

// strong is said with our own code counted: with it there were two steps.
func strong(said Said, proved bool) Said {
	said.Strong = said.Strong || proved
	return said
}

// known is what a person is told when a number belongs to another account.
func (s *Service) known(p Provider, err error) error {
	if errors.Is(err, account.ErrTaken) {
		return ErrKnown
	}
	return fmt.Errorf("linking an account to %s: %w", p.ID, err)
}

// refused notes that an account was not linked because the data differ.
func (s *Service) refused(ctx context.Context, p Provider, owner string, by audit.Actor) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: owner, Actor: by, Act: "outside.audit_refused", Object: object(p.ID)})
	})
}

// link ties the subject of an arrival to an account and ends the arrival.
func (s *Service) link(ctx context.Context, tx *sqldb.DB, a arrival, p Provider, owner string, by audit.Actor) error {
	now := s.now()
	free, err := claimSubject(ctx, tx, s.keys, owner, p.ID, a.data.Said.Subject)
	if err != nil {
		return err
	}
	if !free {
		return ErrOther
	}
	if err := insertLink(ctx, tx, s.keys, owner, p.ID, a.data.Said.Subject, now); err != nil {
		return err
	}
	if err := s.give(ctx, tx, a, p, owner, by); err != nil {
		return err
	}
	if err := deleteArrival(ctx, tx, a.id); err != nil {
		return err
	}
	err = s.notices.Send(ctx, tx, notify.Notice{Owner: owner, Key: "outside/linked/" + a.id, Level: notify.Warning, Topic: notify.TopicSecurity, Link: "/settings/outside",
		Title: "outside.notice_linked", Text: "outside.notice_linked_text", Args: []any{"title", p.Title, "at", notify.Moment{Time: now}}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, now, audit.Entry{Owner: owner, Actor: by, Act: "outside.audit_linked", Object: object(p.ID)})
}

// Register makes an account for somebody who arrived, filled in with what the
// provider said and linked to it. It returns ErrOver, ErrAgree, ErrKnown and
// account.ErrConsent.
func (s *Service) Register(ctx context.Context, c account.Client, arrivalID string, consents []string, lang i18n.Lang) (Entry, error) {
	a, p, err := s.arrivalFor(ctx, s.db, c, arrivalID, "")
	if err != nil {
		return Entry{}, err
	}
	if a.data.Said == nil {
		return Entry{}, ErrOver
	}
	st, err := s.stand(ctx, a, "")
	switch {
	case err != nil:
		return Entry{}, err
	case st.stage == stageAgree:
		return Entry{}, ErrAgree
	case st.stage != stageRegister:
		return Entry{}, ErrOver
	}
	said := *a.data.Said
	email := said.Email
	if _, err := s.accounts.Find(ctx, account.Login{Kind: account.Email, Value: email}); err == nil {
		email = "" // somebody else confirmed it first; the person can add another
	} else if !errors.Is(err, account.ErrNone) {
		return Entry{}, fmt.Errorf("looking for an address's account: %w", err)
	}
	newcomer := account.Newcomer{Name: account.Name{Surname: said.Person.Surname, Name: said.Person.Name, Patronymic: said.Person.Patronymic},
		Phone: st.phone, Email: email, Consents: consents, Lang: lang}
	owner := ""
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if _, _, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate()); err != nil {
			return err
		}
		made, err := s.accounts.Enrol(ctx, tx, newcomer, audit.Portal())
		if err != nil {
			return err
		}
		owner = made.ID
		if err := s.takeOver(ctx, tx, p, owner, said); err != nil {
			return err
		}
		return s.link(ctx, tx, a, p, owner, audit.Actor{Kind: audit.Person, ID: owner})
	})
	if err != nil {
		return Entry{}, s.known(p, err)
	}
	// The phone was proved a moment ago, by our code or by the provider.
	return Entry{Account: owner, Said: strong(said, true), Next: a.data.Next, Method: p.Kind.method()}, nil
}

// Links returns the outside sign-ins of an account.
func (s *Service) Links(ctx context.Context, owner string) ([]Link, error) {
	list, err := links(ctx, s.db, owner)
	if err != nil {
		return nil, fmt.Errorf("listing outside sign-ins: %w", err)
	}
	return list, nil
}

// Unlink takes an outside sign-in away. It returns ErrNone and ErrLastWay.
func (s *Service) Unlink(ctx context.Context, owner, session, provider string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "outside/"+owner); err != nil {
			return err
		}
		subject, err := subjectOf(ctx, tx, s.keys, owner, provider)
		if err != nil {
			return err
		}
		if subject == "" {
			return ErrNone
		}
		if err := s.mayUnlink(ctx, tx, owner, provider); err != nil {
			return err
		}
		if err := s.unlink(ctx, tx, owner, provider, subject); err != nil {
			return err
		}
		err = s.notices.Send(ctx, tx, notify.Notice{Owner: owner, Key: "outside/unlinked/" + provider + "/" + s.now().UTC().Format("20060102T150405"),
			Level: notify.Warning, Topic: notify.TopicSecurity, Link: "/settings/outside", Title: "outside.notice_unlinked", Text: "outside.notice_unlinked_text",
			Args: []any{"title", s.title(provider), "at", notify.Moment{Time: s.now()}}})
		if err != nil {
			return err
		}
		by := audit.Actor{Kind: audit.Person, ID: owner, Session: session}
		for _, purpose := range []consent.Purpose{consent.Bank, consent.Identity} {
			if err := s.consents.End(ctx, tx, owner, purpose, object(provider), by); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: owner, Actor: by, Act: "outside.audit_unlinked", Object: object(provider)})
	})
	if err != nil {
		return fmt.Errorf("unlinking %s: %w", provider, err)
	}
	return nil
}

// mayUnlink returns ErrLastWay when nothing else would lead into the account.
// A link to a provider that is not configured any more leads nowhere.
func (s *Service) mayUnlink(ctx context.Context, tx *sqldb.DB, owner, provider string) error {
	if can, err := s.accounts.CanEnter(ctx, tx, owner); err != nil || can {
		return err
	}
	all, err := links(ctx, tx, owner)
	if err != nil {
		return err
	}
	for _, l := range all {
		if _, err := s.provider(l.Provider); err == nil && l.Provider != provider {
			return nil
		}
	}
	return ErrLastWay
}

func (s *Service) unlink(ctx context.Context, tx *sqldb.DB, owner, provider, subject string) error {
	if err := releaseSubject(ctx, tx, s.keys, owner, provider, subject); err != nil {
		return err
	}
	return deleteLink(ctx, tx, owner, provider)
}

// title is how a provider is called, also one that is not configured any more.
func (s *Service) title(provider string) i18n.Words {
	p, err := s.provider(provider)
	if err != nil {
		return i18n.Words{RU: provider, EN: provider}
	}
	return p.Title
}
