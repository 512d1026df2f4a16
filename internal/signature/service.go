package signature

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/signature/pki"
	"kabinet/internal/staff"
)

// Options is what a Service needs.
type Options struct {
	DB       *sqldb.DB
	Keys     *secret.Keyring
	Now      func() time.Time
	Limits   *limit.Limiter
	Accounts *account.Service
	People   *person.Service
	Notices  *notify.Service
	Staff    *staff.Service // guards the page of the trust list

	PublicURL string // of the portal, without a slash at the end; it stands in what is signed
	// Source tells from which address a request came.
	Source func(r *http.Request) string
	// Roots are centres that the operator vouches for, beside the trust list.
	Roots []pki.Anchor
	// ListURL is where the trust list is fetched from; "" is nowhere.
	ListURL string
	// Confirmed raises an account to the level Confirmed in tx and tells its
	// holder: p are the data of which a qualified certificate vouches for the
	// numbers.
	Confirmed func(ctx context.Context, tx *sqldb.DB, account string, p person.Person, by audit.Actor) error
	// Signer is the address of a page that signs files in place of a program of
	// one's own, for demonstrations; "" is none.
	Signer string
	// TLSURL is the address at which browsers are asked for a certificate; ""
	// offers no such way.
	TLSURL string
	// Shown returns the certificates (DER, the owner's first) that a browser
	// showed by TLS.
	Shown func(r *http.Request) [][]byte
	// Client fetches lists; nil is one with a limit of time.
	Client *http.Client
}

// Service is electronic signatures of people.
type Service struct {
	db       *sqldb.DB
	keys     *secret.Keyring
	now      func() time.Time
	limits   *limit.Limiter
	accounts *account.Service
	people   *person.Service
	notices  *notify.Service
	staff    *staff.Service

	portal  string
	source  func(r *http.Request) string
	roots   []pki.Anchor
	listURL string
	signer  string
	tlsURL  string
	shown   func(r *http.Request) [][]byte
	client  *http.Client

	confirmed func(ctx context.Context, tx *sqldb.DB, account string, p person.Person, by audit.Actor) error

	trusted trusted
	parsed  parsedLists
}

// New returns a Service.
func New(o Options) *Service {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: fetchJob}
	}
	return &Service{db: o.DB, keys: o.Keys, now: o.Now, limits: o.Limits, accounts: o.Accounts, people: o.People, notices: o.Notices, staff: o.Staff,
		portal: o.PublicURL, source: o.Source, roots: o.Roots, listURL: o.ListURL, signer: o.Signer, tlsURL: o.TLSURL, shown: o.Shown, client: o.Client, confirmed: o.Confirmed,
		parsed: parsedLists{list: map[string]parsedList{}}}
}

// limitTries is by source: a signature costs the processor some milliseconds.
var limitTries = limit.Rule{Name: "signature.tries_per_source", Burst: 30, Per: 10 * time.Minute}

// Limits lists the limits of this feature.
func Limits() []limit.Rule { return []limit.Rule{limitTries} }

// answer checks the answer to a challenge: a signature over its file. It
// returns ErrChallenge, ErrUsed is left to whoever uses the challenge, or a
// *Refused.
func (s *Service) answer(ctx context.Context, c challenge, file []byte) (pki.Report, error) {
	raw, ok := pki.Decode(file)
	if !ok {
		raw = nil
	}
	with, err := s.conditions(ctx)
	if err != nil {
		return pki.Report{}, err
	}
	r := pki.Verify(raw, c.content(s.portal), with)
	return r, s.passed(ctx, r)
}

// passed returns a *Refused unless all came out valid. When somebody's own
// certificate was refused for what happened to it, their log says so.
func (s *Service) passed(ctx context.Context, r pki.Report) error {
	verdict := r.Verdict()
	if verdict.State == pki.Valid {
		return nil
	}
	if verdict.Step == pki.Term || verdict.Step == pki.Revocation {
		owner, err := s.holder(ctx, factsOf(r))
		if err != nil && !errors.Is(err, ErrNobody) {
			return err
		}
		if owner != "" {
			if err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
				return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: owner, Actor: audit.Portal(), Act: "signature.audit_refused", Reason: "signature.why_" + string(verdict.Reason)})
			}); err != nil {
				return fmt.Errorf("noting a refused signature: %w", err)
			}
		}
	}
	return &Refused{r}
}

// holder returns the account that a certificate signs in to: the one it is
// bound to, else the one of the person it names; "" when there is none. It
// returns ErrNobody when it is bound to none and names no person.
func (s *Service) holder(ctx context.Context, f Facts) (string, error) {
	owner, err := accountOf(ctx, s.db, s.print(f.Raw))
	if err != nil {
		return "", fmt.Errorf("looking for the holder of a certificate: %w", err)
	}
	if owner != "" {
		return owner, nil
	}
	logins := f.logins()
	if len(logins) == 0 {
		return "", ErrNobody
	}
	for _, l := range logins {
		owner, err := s.accounts.Find(ctx, l)
		if err == nil {
			return owner, nil
		}
		if !errors.Is(err, account.ErrNone) {
			return "", fmt.Errorf("looking for the holder of a certificate: %w", err)
		}
	}
	return "", nil
}

// print is a keyed hash of a certificate.
func (s *Service) print(raw []byte) []byte { return s.keys.Index("certificate", string(raw)) }

// use writes down that a challenge was answered. It returns ErrUsed.
func (s *Service) use(ctx context.Context, tx *sqldb.DB, c challenge) error {
	fresh, err := useChallenge(ctx, tx, c.ID, c.Made.Add(challengeLife+skew))
	if err == nil && !fresh {
		err = ErrUsed
	}
	return err
}

// Entered is where a right signature leads.
type Entered struct {
	Account  string // who may come in
	Newcomer string // ID of a registration; set when there is no account
	Next     string
	Method   string // message key, for the history of sign-ins
}

// enter lets in whoever signed. It returns ErrChallenge, ErrUsed, ErrNobody and
// *Refused.
func (s *Service) enter(ctx context.Context, c challenge, browser []byte, file []byte) (Entered, error) {
	if c.Purpose != toEnter || string(c.Browser) != string(browser) {
		return Entered{}, ErrChallenge
	}
	r, err := s.answer(ctx, c, file)
	if err != nil {
		return Entered{}, err
	}
	return s.arrive(ctx, c, r, "signature.method")
}

// arrive finds the account of whoever was recognised, or begins a registration.
func (s *Service) arrive(ctx context.Context, c challenge, r pki.Report, method string) (out Entered, err error) {
	f := factsOf(r)
	out = Entered{Next: c.Next, Method: method}
	if out.Account, err = s.holder(ctx, f); err != nil {
		return out, err
	}
	if out.Account == "" && !f.named() {
		return out, ErrNobody
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.use(ctx, tx, c); err != nil {
			return err
		}
		if out.Account != "" {
			return usedBound(ctx, tx, out.Account, s.print(f.Raw), s.now())
		}
		out.Newcomer = id.New()
		return insertNewcomer(ctx, tx, s.keys, newcomer{id: out.Newcomer, browser: c.Browser, until: s.now().Add(newcomerLife), data: arrival{Facts: f, Next: c.Next}})
	})
	if err != nil && !errors.Is(err, ErrUsed) {
		return out, fmt.Errorf("letting somebody in by a signature: %w", err)
	}
	return out, err
}

// vouch writes down in tx what a certificate says of the holder of an account:
// numbers, the level, what the account is found by. It returns ErrDiffers and
// ErrTaken.
func (s *Service) vouch(ctx context.Context, tx *sqldb.DB, owner string, f Facts, by audit.Actor) error {
	err := s.people.Revise(ctx, tx, owner, by, func(p person.Person) (person.Person, error) {
		if !f.same(p) {
			return p, ErrDiffers
		}
		return f.onto(p), nil
	})
	if err != nil {
		return err
	}
	for _, l := range f.logins() {
		if err := s.accounts.Claim(ctx, tx, owner, l); errors.Is(err, account.ErrTaken) {
			return ErrTaken
		} else if err != nil {
			return err
		}
	}
	a, err := s.accounts.AccountIn(ctx, tx, owner)
	if err != nil || !f.Qualified || a.Level.AtLeast(account.Confirmed) {
		return err
	}
	p, err := s.people.PersonIn(ctx, tx, owner)
	if err != nil {
		return err
	}
	return s.confirmed(ctx, tx, owner, p, by)
}

// Confirm proves who the holder of an account is by a qualified signature over
// the challenge that their session asked for: level Confirmed. The certificate
// is not bound by it. It returns ErrChallenge, ErrUsed, ErrUnqualified,
// ErrDiffers, ErrTaken and *Refused.
func (s *Service) confirm(ctx context.Context, c challenge, by audit.Actor, file []byte) error {
	if c.Purpose != toConfirm || c.Account != by.ID {
		return ErrChallenge
	}
	r, err := s.answer(ctx, c, file)
	if err != nil {
		return err
	}
	f := factsOf(r)
	switch {
	case !f.Qualified:
		return ErrUnqualified
	case !f.named():
		return ErrNobody
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.use(ctx, tx, c); err != nil {
			return err
		}
		if err := s.vouch(ctx, tx, by.ID, f, by); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: by.ID, Actor: by, Act: "signature.audit_confirmed"})
	})
}
