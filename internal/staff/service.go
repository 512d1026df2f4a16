package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/person"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Service is who works at the desk.
type Service struct {
	db       *sqldb.DB
	keys     *secret.Keyring
	now      func() time.Time
	accounts *account.Service
	people   *person.Service
}

// Options is what a Service needs.
type Options struct {
	DB       *sqldb.DB
	Keys     *secret.Keyring
	Now      func() time.Time
	Accounts *account.Service
	People   *person.Service
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{o.DB, o.Keys, o.Now, o.Accounts, o.People}
}

// Member returns the member that an account is, or ErrNoMember.
func (s *Service) Member(ctx context.Context, account string) (Member, error) {
	m, err := memberOf(ctx, s.db, s.keys, account)
	if err != nil && !errors.Is(err, ErrNoMember) {
		return m, fmt.Errorf("reading a member: %w", err)
	}
	return m, err
}

// Members returns who works for an agency.
func (s *Service) Members(ctx context.Context, agency string) ([]Member, error) {
	list, err := membersOf(ctx, s.db, s.keys, agency)
	if err != nil {
		return nil, fmt.Errorf("listing members: %w", err)
	}
	return list, nil
}

// Appoint makes an account a member, or changes what it is. Its sessions end:
// those of members are shorter and begin with the second step. It returns
// ErrRoles and ErrLast.
func (s *Service) Appoint(ctx context.Context, by audit.Actor, m Member) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error { return s.appoint(ctx, tx, by, m) })
	if err != nil {
		return fmt.Errorf("appointing a member: %w", err)
	}
	return nil
}

func (s *Service) appoint(ctx context.Context, tx *sqldb.DB, by audit.Actor, m Member) error {
	if err := m.check(); err != nil {
		return err
	}
	if !m.May(Administrator) {
		if err := s.spare(ctx, tx, m.Account); err != nil {
			return err
		}
	}
	m.Since = s.now()
	if err := saveMember(ctx, tx, s.keys, m); err != nil {
		return err
	}
	if err := s.accounts.SetStaff(ctx, tx, m.Account, true); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: m.Account, Actor: by, Act: "staff.audit_appointed", Agency: m.Agency, Reason: string(m.Roles[0])})
}

// Dismiss makes a member an ordinary account again, at once. It returns
// ErrNoMember and ErrLast.
func (s *Service) Dismiss(ctx context.Context, by audit.Actor, account string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		m, err := memberOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		if err := s.spare(ctx, tx, account); err != nil {
			return err
		}
		if err := deleteMember(ctx, tx, account); err != nil {
			return err
		}
		if err := s.accounts.SetStaff(ctx, tx, account, false); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "staff.audit_dismissed", Agency: m.Agency})
	})
	if err != nil {
		return fmt.Errorf("dismissing a member: %w", err)
	}
	return nil
}

// spare returns ErrLast when the account is the only administrator: nobody
// could appoint another one.
func (s *Service) spare(ctx context.Context, tx *sqldb.DB, account string) error {
	if err := tx.Lock(ctx, "staff administrators"); err != nil {
		return err
	}
	list, err := membersOf(ctx, tx, s.keys, Portal)
	if err != nil {
		return err
	}
	is, others := false, 0
	for _, m := range list {
		switch {
		case !m.May(Administrator):
		case m.Account == account:
			is = true
		default:
			others++
		}
	}
	if is && others == 0 {
		return ErrLast
	}
	return nil
}

// NewUser is somebody who gets an account from the command line.
type NewUser struct {
	Phone    string // E.164: codes go there
	Email    string // "" for none
	Name     account.Name
	Password string
	Agency   string // "" and no roles: a citizen
	Roles    []Role
}

// Create makes an account for somebody at the machine of the portal, taking the
// phone and address as confirmed. It returns account.ErrTaken,
// account.ErrPassword and ErrRoles.
func (s *Service) Create(ctx context.Context, u NewUser) (account.Account, error) {
	if len(s.accounts.StaffRules().Broken(u.Password, u.Name.Surname, u.Name.Name, u.Phone, u.Email)) > 0 {
		return account.Account{}, account.ErrPassword
	}
	hash, err := s.accounts.Hash(ctx, u.Password)
	if err != nil {
		return account.Account{}, fmt.Errorf("creating a user: %w", err)
	}
	var made account.Account
	err = s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		made, err = s.accounts.Make(ctx, tx, account.Sample{Level: account.Simplified, Phone: u.Phone, Email: u.Email, Hash: hash})
		if err != nil {
			return err
		}
		if err := s.people.Create(ctx, tx, made.ID, u.Name); err != nil {
			return err
		}
		if len(u.Roles) == 0 {
			return nil
		}
		short := person.Person{Surname: u.Name.Surname, Name: u.Name.Name, Patronymic: u.Name.Patronymic}.ShortName()
		return s.appoint(ctx, tx, audit.Portal(), Member{Account: made.ID, Agency: u.Agency, Name: short, Roles: u.Roles})
	})
	if err != nil {
		return account.Account{}, fmt.Errorf("creating a user: %w", err)
	}
	return made, nil
}
