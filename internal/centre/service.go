package centre

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/pdf"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/proofing"
	"kabinet/internal/staff"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Limits    *limit.Limiter
	Texts     *i18n.Catalogue
	Location  *time.Location
	PublicURL string
	Accounts  *account.Service
	People    *person.Service
	Staff     *staff.Service
	Documents *document.Service // papers have its look
	Notices   *notify.Service
	Proofing  *proofing.Service
	// Agency names an agency, zero when it is not known.
	Agency func(ctx context.Context, code string) i18n.Words
}

// Service is the desk of service centres.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

// Papers are what an operator typed from somebody's papers.
type Papers struct {
	Person  person.Person
	Phone   string // E.164; not needed to give access back
	Recover bool   // access is to be given back
}

// Begin asks the registers about the person at the desk and begins what
// follows: see Kind. c is the operator's browser. It returns *Differs, ErrSilent,
// ErrNobody, ErrSelf, ErrPhone, account.ErrNoPhone and limit.ErrTooMany.
func (s *Service) Begin(ctx context.Context, o Operator, c account.Client, p Papers) (Intake, error) {
	if err := s.Limits.Take(ctx, limitIntakes(), o.Account); err != nil {
		return Intake{}, err
	}
	i := Intake{Agency: o.Agency, ID: id.New(), Operator: o.Account, Kind: Open, Created: s.Now(), Data: Data{Phone: p.Phone}}
	answer := s.Proofing.AskNow(ctx, i.ID, p.Person)
	switch answer.State {
	case proofing.Approved:
	case proofing.Checking:
		return i, ErrSilent
	default:
		return i, &Differs{answer.Why()}
	}
	i.Person = answer.Person
	var err error
	if i.Account, err = s.Proofing.Holder(ctx, i.Person); err != nil {
		return i, err
	}
	switch {
	case p.Recover && i.Account == "":
		return i, ErrNobody
	case p.Recover:
		i.Kind = Recover
	case i.Account == "":
		if i.Account, err = s.Accounts.Find(ctx, account.Login{Kind: account.Phone, Value: p.Phone}); errors.Is(err, account.ErrNone) {
			i.Account, err = "", nil
		}
		if err != nil {
			return i, fmt.Errorf("receiving somebody: %w", err)
		}
		if err := s.sameHolder(ctx, i); err != nil {
			return i, err
		}
	}
	if i.Account == o.Account {
		return i, ErrSelf
	}
	return s.begin(ctx, o, c, i)
}

// sameHolder returns ErrPhone when the account that has the phone was verified
// as somebody else's.
func (s *Service) sameHolder(ctx context.Context, i Intake) error {
	if i.Account == "" {
		return nil
	}
	known, err := s.People.Person(ctx, i.Account)
	if err != nil {
		return err
	}
	if known.Is(person.Numbers) && known.SNILS != i.Person.SNILS {
		return ErrPhone
	}
	return nil
}

// begin sends the code that the intake needs, or ends one that needs none.
func (s *Service) begin(ctx context.Context, o Operator, c account.Client, i Intake) (Intake, error) {
	switch {
	case i.Kind == Recover:
		return i, s.finish(ctx, o, i, func(*sqldb.DB) error { return nil })
	case i.Account != "":
		i.Kind = Confirm
		code, err := s.Accounts.StartCode(ctx, i.Account, confirmPurpose, i.ID)
		if err != nil {
			return i, err
		}
		i.Code = code.ID
	default:
		flow, err := s.Accounts.StartPhone(ctx, c, i.Phone, i18n.RU)
		if err != nil {
			return i, err
		}
		i.Flow = flow
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error { return saveIntake(ctx, tx, s.Keys, i) })
	if err != nil {
		return i, fmt.Errorf("receiving somebody: %w", err)
	}
	return i, nil
}

// Intake returns an intake of the operator's centre. It returns ErrNone.
func (s *Service) Intake(ctx context.Context, o Operator, intake string) (Intake, error) {
	i, err := intakeByID(ctx, s.DB, s.Keys, o.Agency, intake, "")
	if err != nil && !errors.Is(err, ErrNone) {
		return i, fmt.Errorf("reading an intake: %w", err)
	}
	return i, err
}

// Latest returns the newest intakes of the operator's centre.
func (s *Service) Latest(ctx context.Context, o Operator, limit int) ([]Intake, error) {
	list, err := intakes(ctx, s.DB, s.Keys, o.Agency, limit)
	if err != nil {
		return nil, fmt.Errorf("listing intakes: %w", err)
	}
	return list, nil
}

// Enter takes the code that the person read from their phone, and makes or
// confirms the account. It returns ErrNone, ErrOver, account.ErrCode,
// account.ErrCodeOver, account.ErrFlow and proofing.ErrTaken.
func (s *Service) Enter(ctx context.Context, o Operator, c account.Client, intake, typed string) error {
	i, err := s.Intake(ctx, o, intake)
	if err != nil {
		return err
	}
	if i.Done || !s.Now().Before(i.Created.Add(intakeLife)) || i.Operator != o.Account {
		return ErrOver
	}
	if i.Kind == Confirm {
		err := s.finish(ctx, o, i, func(tx *sqldb.DB) error {
			if err := s.Accounts.CheckCode(ctx, tx, i.Account, i.Code, confirmPurpose, i.ID, typed); err != nil {
				return err
			}
			return s.Proofing.ConfirmIn(ctx, tx, s.vouch(o, i))
		})
		return s.Accounts.MissCode(ctx, i.Account, i.Code, err)
	}
	if err := s.Accounts.Prove(ctx, c, i.Flow, typed); err != nil {
		return err
	}
	return s.finish(ctx, o, i, nil)
}

func (s *Service) vouch(o Operator, i Intake) proofing.Vouch {
	return proofing.Vouch{Account: i.Account, Method: "centre.by_centre", Person: i.Person, Parts: proofing.Proved(), By: o.actor()}
}

// finish does what the intake is for, in one transaction of the account's rows,
// and then ends the intake. do may be nil for an account that is made.
func (s *Service) finish(ctx context.Context, o Operator, i Intake, do func(tx *sqldb.DB) error) error {
	link, key := id.New(), id.Secret()
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if do == nil {
			if err := s.enrol(ctx, tx, o, &i); err != nil {
				return err
			}
		} else if err := do(tx); err != nil {
			return err
		}
		if i.Kind != Confirm {
			if err := s.giveLink(ctx, tx, i.Account, link, key); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: i.Account, Actor: o.actor(), Act: "centre.audit_" + string(i.Kind), Object: "centre/" + i.ID, Agency: o.Agency})
	})
	if err != nil {
		return fmt.Errorf("finishing an intake: %w", err)
	}
	i.Done, i.Data = true, Data{}
	if i.Kind != Confirm {
		i.Link, i.Secret = link, key
	}
	if err := s.DB.Tx(ctx, func(tx *sqldb.DB) error { return saveIntake(ctx, tx, s.Keys, i) }); err != nil {
		return fmt.Errorf("finishing an intake: %w", err)
	}
	return nil
}

// enrol makes the account of somebody new, confirmed at once.
func (s *Service) enrol(ctx context.Context, tx *sqldb.DB, o Operator, i *Intake) error {
	made, err := s.Accounts.Enrol(ctx, tx, account.Newcomer{Phone: i.Phone, Consents: []string{account.ConsentData, account.ConsentSignature},
		Name: account.Name{Surname: i.Person.Surname, Name: i.Person.Name, Patronymic: i.Person.Patronymic}}, o.actor())
	if err != nil {
		return err
	}
	i.Account = made.ID
	return s.Proofing.ConfirmIn(ctx, tx, s.vouch(o, *i))
}

// giveLink makes a link on paper the only one of an account, and tells its
// holder.
func (s *Service) giveLink(ctx context.Context, tx *sqldb.DB, owner, link, key string) error {
	now := s.Now()
	if err := endLinks(ctx, tx, owner, now); err != nil {
		return err
	}
	if err := insertLink(ctx, tx, owner, link, digest(key), now.Add(linkLife)); err != nil {
		return err
	}
	return s.Notices.Send(ctx, tx, notify.Notice{Owner: owner, Key: "centre/link/" + link, Title: "centre.notice_link", Text: "centre.notice_link_text",
		Args: []any{"until", notify.Moment{Time: now.Add(linkLife)}}, Link: "/settings/security", Topic: notify.TopicSecurity, Level: notify.Warning, SMS: true})
}

// digest hides a secret of 128 random bits, which needs no slow hash.
func digest(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// Paper returns the paper with the link of an intake, to be printed. It returns
// ErrNone, and ErrOver once the link is used or too old.
func (s *Service) Paper(ctx context.Context, o Operator, intake string) ([]byte, error) {
	i, err := s.Intake(ctx, o, intake)
	if err != nil {
		return nil, err
	}
	if i.Secret == "" {
		return nil, ErrOver
	}
	if _, err := linkHash(ctx, s.DB, i.Account, i.Link, s.Now()); errors.Is(err, ErrLink) {
		return nil, ErrOver
	} else if err != nil {
		return nil, fmt.Errorf("printing a link: %w", err)
	}
	p, err := s.People.Person(ctx, i.Account)
	if err != nil {
		return nil, err
	}
	ru := s.Texts.With(ctx, i18n.RU, s.Location, s.Now())
	until := i.Created.Add(linkLife)
	d := s.Documents.Furniture(ru, s.Agency(ctx, i.Agency))
	d.Title, d.Made = i18n.T(ru, "centre.paper"), s.Now()
	d.Blocks = []pdf.Block{
		pdf.Pairs{{Label: i18n.T(ru, "person.fio"), Value: p.FullName()}, {Label: i18n.T(ru, "centre.paper_until"), Value: i18n.DateFull(ru, until) + ", " + i18n.Clock(ru, until)}},
		pdf.Para(i18n.T(ru, "centre.paper_how")),
		pdf.QR{Content: s.PublicURL + enterPath(i.Account, i.Link, i.Secret), Title: i18n.T(ru, "centre.paper_scan"), Lines: []string{s.PublicURL + enterPath(i.Account, i.Link, i.Secret)}},
		pdf.Note{Title: i18n.T(ru, "centre.paper_warn"), Lines: []string{i18n.T(ru, "centre.paper_warn_text")}},
	}
	file, err := pdf.Write(d)
	if err != nil {
		return nil, fmt.Errorf("printing a link: %w", err)
	}
	return file, nil
}

// Valid returns ErrLink for a link on paper that does not work.
func (s *Service) Valid(ctx context.Context, owner, link, key string) error {
	hash, err := linkHash(ctx, s.DB, owner, link, s.Now())
	if err == nil && !hmac.Equal(hash, digest(key)) {
		err = ErrLink
	}
	if err != nil && !errors.Is(err, ErrLink) {
		return fmt.Errorf("checking a link: %w", err)
	}
	return err
}

// Choose uses the link up and gives the account the password that its holder
// chose; every session ends. It returns ErrLink and account.ErrPassword.
func (s *Service) Choose(ctx context.Context, owner, link, key, password string) error {
	if err := s.Valid(ctx, owner, link, key); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		free, err := useLink(ctx, tx, owner, link, s.Now())
		if err != nil || !free {
			return errors.Join(err, ErrLink)
		}
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: owner, Actor: audit.Actor{Kind: audit.Person, ID: owner}, Act: "centre.audit_entered"})
	})
	if errors.Is(err, ErrLink) {
		return ErrLink
	}
	if err != nil {
		return fmt.Errorf("using a link: %w", err)
	}
	return s.Accounts.SetPassword(ctx, owner, password)
}
