package outside

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Limits    *limit.Limiter
	Accounts  *account.Service
	People    *person.Service
	Consents  *consent.Service
	Notices   *notify.Service
	PublicURL string // of the portal, without a slash at the end
	Secure    bool   // reached by https
	Providers []Provider
}

// Service is the outside sign-ins of the portal.
type Service struct {
	db        *sqldb.DB
	keys      *secret.Keyring
	now       func() time.Time
	limits    *limit.Limiter
	accounts  *account.Service
	people    *person.Service
	consents  *consent.Service
	notices   *notify.Service
	publicURL string
	secure    bool
	providers []Provider
}

// New returns a Service. Withdrawing the consent to a provider's data takes the
// link to it away.
func New(o Options) *Service {
	s := &Service{db: o.DB, keys: o.Keys, now: o.Now, limits: o.Limits, accounts: o.Accounts, people: o.People, consents: o.Consents, notices: o.Notices,
		publicURL: o.PublicURL, secure: o.Secure, providers: o.Providers}
	for _, p := range []consent.Purpose{consent.Bank, consent.Identity} {
		o.Consents.OnWithdrawal(p, s.withdrawn)
	}
	return s
}

// The limits of this feature. A source is an address.
var (
	limitTrips = limit.Rule{Name: "outside.trips_per_source", Burst: 60, Per: 5 * time.Minute}
	limitPolls = limit.Rule{Name: "outside.polls_per_source", Burst: 240, Per: 5 * time.Minute}
	limitLinks = limit.Rule{Name: "outside.links_per_account", Burst: 5, Per: time.Hour}
)

// Limits lists the limits of this feature.
func Limits() []limit.Rule { return []limit.Rule{limitTrips, limitPolls, limitLinks} }

// provider returns the provider with that ID, or ErrNone.
func (s *Service) provider(id string) (Provider, error) {
	i := slices.IndexFunc(s.providers, func(p Provider) bool { return p.ID == id })
	if i < 0 {
		return Provider{}, ErrNone
	}
	return s.providers[i], nil
}

// redirect is the address that a provider sends people back to. Each has its
// own, so that the answer of one cannot be given for another's.
func (s *Service) redirect(provider string) string { return s.publicURL + "/outside/back/" + provider }

// depart begins a trip to a provider: the address to go to, and what must be
// remembered until the person comes back. It returns ErrNone, ErrDown and
// limit.ErrTooMany.
func (s *Service) depart(ctx context.Context, c account.Client, provider, next, hint string) (trip, string, error) {
	p, err := s.provider(provider)
	if err != nil {
		return trip{}, "", err
	}
	if err := s.limits.TakeFast(limitTrips, c.IP); err != nil {
		return trip{}, "", err
	}
	t := trip{Provider: p.ID, State: uuid(), Nonce: id.Secret(), Verifier: id.Secret() + id.Secret(), Next: next, Hint: hint, Until: s.now().Add(tripLife)}
	to, err := p.gate.begin(ctx, t, s.redirect(p.ID))
	if err != nil {
		return trip{}, "", told(ctx, p.ID, err)
	}
	return t, to, nil
}

// Entry is where somebody stands who came back: known by a link, or new.
type Entry struct {
	Account string // to be let in; "" when the subject is not linked
	Said    Said
	Arrival string // ID of the arrival, when Account is ""
	owner   string // account whose consent is over and is to be given anew
	Next    string
	Method  string // message key
}

// comeBack turns what the person brought back into an Entry. signedIn is the
// account of the browser, "" for none. It returns ErrNone, ErrDenied, ErrOver,
// ErrAnswer, ErrDown, ErrOther and ErrChild.
func (s *Service) comeBack(ctx context.Context, c account.Client, t trip, back url.Values, signedIn string) (Entry, error) {
	p, err := s.provider(t.Provider)
	if err != nil {
		return Entry{}, err
	}
	said, err := p.gate.finish(ctx, t, s.redirect(p.ID), back)
	if err != nil {
		return Entry{}, told(ctx, p.ID, err)
	}
	e, err := s.entry(ctx, p, said, signedIn)
	if err != nil || e.Account != "" {
		e.Next = t.Next
		return e, err
	}
	a := arrival{id: id.New(), browser: browser(c), until: s.now().Add(arrivalLife), data: arrivalData{Provider: p.ID, Next: t.Next, Said: &said, Owner: e.owner}}
	if err := insertArrival(ctx, s.db, s.keys, a); err != nil {
		return Entry{}, fmt.Errorf("keeping an arrival: %w", err)
	}
	e.Arrival = a.id
	return e, nil
}

// entry finds the account that what was said is linked to.
func (s *Service) entry(ctx context.Context, p Provider, said Said, signedIn string) (Entry, error) {
	e := Entry{Said: said, Method: p.Kind.method()}
	owner, err := accountOf(ctx, s.db, s.keys, p.ID, said.Subject)
	if err != nil {
		return e, fmt.Errorf("looking for a subject: %w", err)
	}
	if owner == "" {
		return e, nil
	}
	if signedIn != "" && signedIn != owner {
		return e, ErrOther
	}
	agreed, err := s.consents.Active(ctx, nil, owner, p.Kind.purpose(), object(p.ID))
	if err != nil {
		return e, err
	}
	if !agreed {
		e.owner = owner
		return e, nil
	}
	e.Account = owner
	return e, s.use(ctx, p, owner, said)
}

// use notes that a link was used. A provider whose word became worth more since
// raises the account.
func (s *Service) use(ctx context.Context, p Provider, owner string, said Said) error {
	a, err := s.accounts.Account(ctx, owner)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := usedLink(ctx, tx, owner, p.ID, s.now()); err != nil {
			return err
		}
		if said.Level == "" || a.Level.AtLeast(said.Level) {
			return nil
		}
		err := s.takeOver(ctx, tx, p, owner, said)
		if errors.Is(err, ErrDiffers) || errors.Is(err, account.ErrTaken) {
			return nil // the name changed on one side: the person comes in, the level stays
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("using a link to %s: %w", p.ID, err)
	}
	return nil
}

// takeOver fills in what the provider said, notes that it did, and raises the
// level that follows. It returns a *Differs and account.ErrTaken.
func (s *Service) takeOver(ctx context.Context, tx *sqldb.DB, p Provider, owner string, said Said) error {
	var now person.Person
	err := s.people.Revise(ctx, tx, owner, audit.Portal(), func(known person.Person) (person.Person, error) {
		if err := differs(known, said); err != nil {
			return known, err
		}
		now = merge(known, said.Person)
		return now, nil
	})
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: owner, Actor: audit.Portal(), Act: "outside.audit_filled", Object: object(p.ID), Reason: p.Kind.method()}); err != nil {
		return err
	}
	for _, l := range logins(now) {
		if err := s.accounts.Claim(ctx, tx, owner, l); err != nil {
			return err
		}
	}
	a, err := s.accounts.AccountIn(ctx, tx, owner)
	if err != nil {
		return err
	}
	if said.Level != account.Confirmed || a.Level == account.Confirmed || !now.Is(person.Identity) {
		return nil
	}
	return s.accounts.SetLevel(ctx, tx, owner, account.Confirmed, audit.Portal())
}

// arrivalFor returns the arrival of this browser that is not over, or ErrOver.
func (s *Service) arrivalFor(ctx context.Context, db *sqldb.DB, c account.Client, arrivalID, lock string) (arrival, Provider, error) {
	if !id.Valid(arrivalID) {
		return arrival{}, Provider{}, ErrOver
	}
	a, err := arrivalByID(ctx, db, s.keys, arrivalID, lock)
	if err != nil {
		return a, Provider{}, err
	}
	if !hmac.Equal(a.browser, browser(c)) || !a.done.IsZero() || !s.now().Before(a.until) {
		return a, Provider{}, ErrOver
	}
	p, err := s.provider(a.data.Provider)
	return a, p, err
}

// change changes an arrival whose person is known.
func (s *Service) change(ctx context.Context, c account.Client, arrivalID string, f func(a *arrival) error) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, _, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if a.data.Said == nil {
			return ErrOver
		}
		if err := f(&a); err != nil {
			return err
		}
		return updateArrival(ctx, tx, s.keys, a)
	})
}

// Agree notes that the person agrees to what the provider passes on, as shown.
// It returns ErrOver.
func (s *Service) Agree(ctx context.Context, c account.Client, arrivalID string, shown consent.Values) error {
	return s.change(ctx, c, arrivalID, func(a *arrival) error {
		a.data.Agreed, a.data.Shown = s.now(), shown
		return nil
	})
}

// Renew lets somebody in who is linked and has agreed anew. It returns ErrOver
// and ErrAgree.
func (s *Service) Renew(ctx context.Context, c account.Client, arrivalID string) (Entry, error) {
	var e Entry
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, p, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate())
		switch {
		case err != nil:
			return err
		case a.data.Owner == "":
			return ErrOver
		case a.data.Agreed.IsZero():
			return ErrAgree
		}
		owner, err := accountOf(ctx, tx, s.keys, p.ID, a.data.Said.Subject)
		if err != nil {
			return err
		}
		if owner != a.data.Owner {
			return ErrOver // it was unlinked meanwhile
		}
		e = Entry{Account: owner, Said: *a.data.Said, Next: a.data.Next, Method: p.Kind.method()}
		if err := s.give(ctx, tx, a, p, owner, audit.Actor{Kind: audit.Person, ID: owner}); err != nil {
			return err
		}
		if err := usedLink(ctx, tx, owner, p.ID, s.now()); err != nil {
			return err
		}
		return deleteArrival(ctx, tx, a.id)
	})
	return e, err
}

// give keeps the consent of an arrival's person.
func (s *Service) give(ctx context.Context, tx *sqldb.DB, a arrival, p Provider, owner string, by audit.Actor) error {
	_, err := s.consents.Give(ctx, tx, consent.Given{Account: owner, Purpose: p.Kind.purpose(), Object: object(p.ID), Values: a.data.Shown, By: by})
	return err
}

// withdrawn takes the link away that rested on a consent, even if it was the
// last way in: the phone opens the account again.
func (s *Service) withdrawn(ctx context.Context, tx *sqldb.DB, c consent.Consent) error {
	provider, ok := strings.CutPrefix(c.Object, object(""))
	if !ok {
		return nil
	}
	subject, err := subjectOf(ctx, tx, s.keys, c.Account, provider)
	if err != nil || subject == "" {
		return err
	}
	if err := s.unlink(ctx, tx, c.Account, provider, subject); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: c.Account, Actor: audit.Actor{Kind: audit.Person, ID: c.Account}, Act: "outside.audit_unlinked", Object: object(provider)})
}

// Refuse forgets what the provider said. It returns ErrOver.
func (s *Service) Refuse(ctx context.Context, c account.Client, arrivalID string) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, _, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate())
		if err != nil {
			return err
		}
		return deleteArrival(ctx, tx, a.id)
	})
}

// browser is what an arrival is tied to.
func browser(c account.Client) []byte {
	sum := sha256.Sum256([]byte(c.Browser))
	return sum[:]
}

// Providers are the outside sign-ins in the order of the configuration.
func (s *Service) Providers() []Provider { return slices.Clone(s.providers) }
