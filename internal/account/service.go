package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/place"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Limits    *limit.Limiter
	Catalogue *i18n.Catalogue
	Location  *time.Location // of the region; nil is UTC
	Passwords Passwords      // policy of passwords
	PublicURL string         // of the portal, without a slash at the end: links in messages begin with it
	Secure    bool           // reached by https

	Notices *notify.Service
	// Mail sends a letter. The same ID is the same letter. Nil when the portal
	// has no mail server: then nobody can confirm an address.
	Mail func(ctx context.Context, m notify.Message) error
	// SMS sends a text to a phone (E.164). The same id is the same message,
	// which must not be sent twice.
	SMS func(ctx context.Context, id, to, text string) error
	// Registered keeps the name of a new account, in the transaction that
	// creates it.
	Registered func(ctx context.Context, tx *sqldb.DB, account string, name Name) error
	// Agreed keeps what the holder of a new account agreed to, by purpose, in the
	// transaction that creates it. Nil when nobody keeps it.
	Agreed func(ctx context.Context, tx *sqldb.DB, account string, purposes []string, by audit.Actor) error
	// NameOf tells the name of an account's holder, which a password must not be
	// made of. Nil when nobody knows.
	NameOf func(ctx context.Context, account string) (Name, error)
	// Lives are how long sessions last.
	Lives Lives
	// Places tells where addresses are; nil knows none.
	Places *place.Finder
	// Ways are the ways to sign in and to register that other features offer.
	// Nil when there are none.
	Ways  func(ctx context.Context) []WayIn
	Locks Locks // when wrong passwords shut a login
	// ClientIP tells from which address a request came; nil is RemoteIP. Behind
	// a proxy it reads what the proxy says.
	ClientIP func(r *http.Request) string
}

// Service is the accounts of the portal.
type Service struct {
	db         *sqldb.DB
	keys       *secret.Keyring
	now        func() time.Time
	limits     *limit.Limiter
	texts      *i18n.Catalogue
	location   *time.Location
	passwords  policy
	hasher     *hasher
	publicURL  string
	secure     bool
	notices    *notify.Service
	mail       func(ctx context.Context, m notify.Message) error
	sms        func(ctx context.Context, id, to, text string) error
	registered func(ctx context.Context, tx *sqldb.DB, account string, name Name) error
	agreed     func(ctx context.Context, tx *sqldb.DB, account string, purposes []string, by audit.Actor) error
	nameOf     func(ctx context.Context, account string) (Name, error)
	clientIP   func(r *http.Request) string
	webauthn   *webauthn.WebAuthn // nil when passkeys do not work at the portal's address
	ways       func(ctx context.Context) []WayIn
	locks      Locks
	undo       map[string]Undo // of other features' warnings, by kind; only read once the portal works
	places     *place.Finder
	lives      Lives
}

// New returns a Service.
func New(o Options) *Service {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.ClientIP == nil {
		o.ClientIP = RemoteIP
	}
	if o.Agreed == nil {
		o.Agreed = func(context.Context, *sqldb.DB, string, []string, audit.Actor) error { return nil }
	}
	return &Service{db: o.DB, keys: o.Keys, now: o.Now, limits: o.Limits, texts: o.Catalogue, location: o.Location,
		hasher: newHasher(o.Keys), publicURL: o.PublicURL, secure: o.Secure, notices: o.Notices, mail: o.Mail, sms: o.SMS, registered: o.Registered, agreed: o.Agreed,
		nameOf: o.NameOf, clientIP: o.ClientIP, ways: o.Ways, places: o.Places, lives: o.Lives.withDefaults(), undo: map[string]Undo{}, locks: o.Locks.filled(),
		webauthn: newWebAuthn(o.PublicURL), passwords: newPolicy(o.Passwords)}
}

// EndedSignal is what transactions announce to every process (sqldb.Signal)
// when a session of an account was ended; the payload is the account. Whoever
// holds something open for it closes it.
const EndedSignal = "account.ended"

// The limits of this feature. A source is an IPv4 address or the /64 of an IPv6
// one.
var (
	limitSMSPerPhone   = limit.Rule{Name: "account.sms_per_phone", Burst: 5, Per: time.Hour}
	limitSMSPerSource  = limit.Rule{Name: "account.sms_per_source", Burst: 30, Per: time.Hour}
	limitMailPerPerson = limit.Rule{Name: "account.mail_per_address", Burst: 5, Per: time.Hour}
	// Of those who proved something already, apart from the limits above, which
	// a stranger can use up.
	limitCodes = limit.Rule{Name: "account.codes_per_account", Burst: 10, Per: time.Hour}
	// A use comes back only after the code is over.
	limitCodeTries = limit.Rule{Name: "account.code_tries", Burst: CodeTries, Per: 24 * time.Hour}
	// Of those who found an account by what is no contact: then no more is sent,
	// without a word.
	limitFound = limit.Rule{Name: "account.messages_per_found_account", Burst: 5, Per: time.Hour}
	// Of what only finds an account, as typed.
	limitFinder = limit.Rule{Name: "account.lookups_per_number", Burst: 5, Per: time.Hour}
	limitSignIn = limit.Rule{Name: "account.sign_in_per_source", Burst: 300, Per: 5 * time.Minute}
)

// Limits lists the limits of this feature.
func Limits() []limit.Rule {
	return []limit.Rule{limitSMSPerPhone, limitSMSPerSource, limitMailPerPerson, limitCodes, limitCodeTries, limitFactorTries, limitSignIn, limitFound, limitFinder}
}

// Account returns the account with that ID, or ErrNone.
func (s *Service) Account(ctx context.Context, account string) (Account, error) {
	return accountByID(ctx, s.db, account)
}

// Find returns the ID of the account that has the login, or ErrNone. It is for
// operators: nothing that a stranger sees may depend on it.
func (s *Service) Find(ctx context.Context, l Login) (string, error) {
	account, err := accountOf(ctx, s.db, s.keys, l)
	if err == nil && account == "" {
		return "", ErrNone
	}
	return account, err
}

// SetLevel writes down how well it is known who the person is; by tells who
// found out.
func (s *Service) SetLevel(ctx context.Context, tx *sqldb.DB, account string, level Level, by audit.Actor) error {
	changed, err := setLevel(ctx, tx, account, level)
	if err != nil || !changed {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "account.audit_level", Reason: level.Text()})
}

// SetStaff tells that the account belongs to somebody who works at the desk, or
// no more: such sessions are shorter and always need the second step. Sessions
// that are open end, since they were begun under other rules.
func (s *Service) SetStaff(ctx context.Context, tx *sqldb.DB, account string, staff bool) error {
	if err := setStaff(ctx, tx, account, staff); err != nil {
		return err
	}
	return s.endAll(ctx, tx, account, "", "account.session_ended")
}

// source hides where a request came from: a keyed hash of the address, of IPv6
// the half that a household has.
func (s *Service) source(ip string) []byte {
	return s.keys.Index("source", sourceOf(ip))
}

func sourceOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		p, _ := a.Prefix(64) // 64 bits fit
		return p.String()
	}
	return a.String()
}

// digest hides a secret of 128 random bits, which needs no slow hash.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// say returns a text in the person's language.
func (s *Service) say(ctx context.Context, lang, key string, args ...any) string {
	return i18n.T(s.texts.With(ctx, i18n.Lang(lang), s.location, s.now()), key, args...)
}

func randomDigits(n int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // no randomness
	}
	return fmt.Sprintf("%0*d", n, v)
}

// create makes the account of a. Its number is chosen here. It returns ErrTaken
// when one of the confirmed contacts belongs to another account.
func (s *Service) create(ctx context.Context, tx *sqldb.DB, a Account, contacts ...contact) (Account, error) {
	a.Created = s.now()
	number, err := s.number(ctx, tx, a.ID)
	if err != nil {
		return a, err
	}
	a.Number = number
	if err := insertAccount(ctx, tx, a); err != nil {
		return a, err
	}
	for _, c := range contacts {
		if c.id == "" {
			c.id = id.New()
		}
		if !c.confirmed.IsZero() {
			free, err := claimIdentifier(ctx, tx, s.keys, Login{c.kind, c.value}, a.ID)
			if err != nil {
				return a, err
			}
			if !free {
				return a, ErrTaken
			}
		}
		if err := insertContact(ctx, tx, s.keys, a.ID, c); err != nil {
			return a, err
		}
	}
	return a, nil
}

// number gives an account one that nobody has.
func (s *Service) number(ctx context.Context, tx *sqldb.DB, account string) (string, error) {
	for range 10 {
		n := randomNumber()
		if free, err := claimIdentifier(ctx, tx, s.keys, Login{Number, n}, account); free || err != nil {
			return n, err
		}
	}
	return "", fmt.Errorf("no free account number found")
}

// randomNumber returns ten digits of which the first is not zero: an account
// number must not tell how many accounts there are or when it was made.
func randomNumber() string {
	for {
		if n := randomDigits(10); !strings.HasPrefix(n, "0") {
			return n
		}
	}
}

// confirmedContact returns the confirmed contact of a kind that messages and
// codes go to: the main one, "" if none.
func confirmedContact(all []contact, kind Kind) string { return mainContact(all, kind).value }

// stamp tells events of one account apart by their time.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000000") }

// words are what a stranger would try first as the holder's password.
func (s *Service) words(ctx context.Context, account string) ([]string, error) {
	if s.nameOf == nil {
		return nil, nil
	}
	n, err := s.nameOf(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("reading a name: %w", err)
	}
	return []string{n.Surname, n.Name, n.Patronymic}, nil
}

// PasswordChanged returns when the password was last chosen, the zero time when
// there is none: who came in another way need not have one.
func (s *Service) PasswordChanged(ctx context.Context, account string) (time.Time, error) {
	at, err := passwordChanged(ctx, s.db, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return time.Time{}, nil
	}
	if err != nil {
		return at, fmt.Errorf("reading when a password was chosen: %w", err)
	}
	return at, nil
}

// AccountIn is Account within a transaction.
func (s *Service) AccountIn(ctx context.Context, tx *sqldb.DB, account string) (Account, error) {
	return accountByID(ctx, tx, account)
}
