package account

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Passkeys: keys of WebAuthn that a device or a password manager keeps and gives
// out only to its owner (user verification is asked for every time), so that one
// stands for both factors. Source: WebAuthn 3; NIST SP 800-63B-4 3.2.5.

const (
	passkeysMax = 20
	// passkeyLife is how long a page with a passkey's challenge serves. That of the
	// sign-in page may lie open for longer.
	passkeyLife      = 10 * time.Minute
	passkeyLoginLife = time.Hour
)

var (
	// ErrPasskey is returned for an answer of a passkey that does not fit.
	ErrPasskey = fault.New(fault.Invalid, "account.passkey_wrong")
	// ErrPasskeyCopied is returned for a passkey whose counter of uses went back:
	// two devices have it.
	ErrPasskeyCopied = fault.New(fault.Forbidden, "account.passkey_copied")
	// ErrPasskeys is returned to somebody who has passkeysMax of them.
	ErrPasskeys = fault.New(fault.Conflict, "account.passkeys_many")
)

// Passkey is a passkey of an account.
type Passkey struct {
	ID     string
	Name   string // given by the person
	Added  time.Time
	Used   time.Time // zero: not yet
	Synced bool      // kept by a password manager on several devices

	record webauthn.Credential
}

// PasskeyAsk is what a page asks a passkey: Options for the browser's script,
// Token to come back with its answer.
type PasskeyAsk struct {
	Options string // JSON of WebAuthn; "" when passkeys do not work at this address
	Token   string
}

// What a passkey is asked for. An answer serves for nothing else.
const (
	passkeyAdd     = "passkey.add"
	passkeySignIn  = "passkey.sign_in"
	passkeyStep    = "passkey.step"
	passkeyConfirm = "passkey.confirm"
)

// asked is what a token says, sealed.
type asked struct {
	Session webauthn.SessionData `json:"session"`
	Until   time.Time            `json:"until"`
}

// newWebAuthn returns nil when browsers give no passkeys to the portal's address:
// it must be reached by https, or be this machine.
func newWebAuthn(publicURL string) *webauthn.WebAuthn {
	u, err := url.Parse(publicURL)
	if err != nil {
		return nil
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsLoopback() {
			return nil
		}
		// Keys belong to a name: under http://localhost they can be tried.
		host, u.Host = "localhost", strings.Replace(u.Host, host, "localhost", 1)
	}
	if u.Scheme != "https" && host != "localhost" {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: host, RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil
	}
	return w
}

// passkeyUser is an account as WebAuthn sees it.
type passkeyUser struct {
	account string
	name    string
	keys    []Passkey
}

func (u passkeyUser) WebAuthnID() []byte          { return []byte(u.account) }
func (u passkeyUser) WebAuthnName() string        { return u.name }
func (u passkeyUser) WebAuthnDisplayName() string { return u.name }

func (u passkeyUser) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(u.keys))
	for i, k := range u.keys {
		all[i] = k.record
	}
	return all
}

// Passkeys lists the passkeys of an account, the oldest first.
func (s *Service) Passkeys(ctx context.Context, account string) ([]Passkey, error) {
	all, err := passkeysOf(ctx, s.db, s.keys, account, "")
	if err != nil {
		return nil, fmt.Errorf("listing passkeys: %w", err)
	}
	return all, nil
}

// AskNewPasskey begins the making of a passkey. It returns ErrPasskeys.
func (s *Service) AskNewPasskey(ctx context.Context, account string) (PasskeyAsk, error) {
	if s.webauthn == nil {
		return PasskeyAsk{}, nil
	}
	user, err := s.passkeyUser(ctx, account)
	if err != nil {
		return PasskeyAsk{}, err
	}
	if len(user.keys) >= passkeysMax {
		return PasskeyAsk{}, ErrPasskeys
	}
	creation, session, err := s.webauthn.BeginRegistration(user,
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired}),
		webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
		webauthn.WithExclusions(webauthn.Credentials(user.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return s.question(passkeyAdd, account, creation.Response, session, passkeyLife)
}

// askPasskey asks for one of the account's passkeys, or for anybody's when
// account is "".
func (s *Service) askPasskey(ctx context.Context, what, account string) (PasskeyAsk, error) {
	if s.webauthn == nil {
		return PasskeyAsk{}, nil
	}
	verified := webauthn.WithUserVerification(protocol.VerificationRequired)
	if account == "" {
		assertion, session, err := s.webauthn.BeginDiscoverableLogin(verified)
		if err != nil {
			return PasskeyAsk{}, fmt.Errorf("asking for a passkey: %w", err)
		}
		return s.question(what, "", assertion.Response, session, passkeyLoginLife)
	}
	user, err := s.passkeyUser(ctx, account)
	if err != nil || len(user.keys) == 0 {
		return PasskeyAsk{}, err
	}
	assertion, session, err := s.webauthn.BeginLogin(user, verified)
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return s.question(what, account, assertion.Response, session, passkeyLife)
}

func (s *Service) question(what, account string, options any, session *webauthn.SessionData, life time.Duration) (PasskeyAsk, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	sealed, err := s.keys.SealJSON("account_challenge", what, account, asked{*session, s.now().Add(life)})
	if err != nil {
		return PasskeyAsk{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return PasskeyAsk{string(text), base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

// openAsked returns ErrPasskey for a token that is none, of something else or
// too old.
func (s *Service) openAsked(what, account, token string) (a asked, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || s.webauthn == nil {
		return a, ErrPasskey
	}
	if err := s.keys.OpenJSON("account_challenge", what, account, raw, &a); err != nil || !s.now().Before(a.Until) {
		return a, ErrPasskey
	}
	return a, nil
}

func (s *Service) passkeyUser(ctx context.Context, account string) (passkeyUser, error) {
	u := passkeyUser{account: account}
	a, err := s.Account(ctx, account)
	if err != nil {
		return u, err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return u, fmt.Errorf("reading contacts: %w", err)
	}
	u.keys, err = s.Passkeys(ctx, account)
	switch phone, email := confirmedContact(contacts, Phone), confirmedContact(contacts, Email); {
	case phone != "":
		u.name = i18n.Phone(phone)
	case email != "":
		u.name = email
	default:
		u.name = a.Number
	}
	return u, err
}

// AddPasskey keeps the passkey that a browser made and tells the holder. It
// returns ErrPasskey and ErrPasskeys.
func (s *Service) AddPasskey(ctx context.Context, account, session, token, answer, name string) error {
	a, err := s.openAsked(passkeyAdd, account, token)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return ErrPasskey
	}
	record, err := s.webauthn.CreateCredential(passkeyUser{account: account}, a.Session, parsed)
	if err != nil {
		return ErrPasskey
	}
	record.Attestation = webauthn.CredentialAttestation{} // nobody asks who made the device
	return s.changeFactors(ctx, account, session, func(tx *sqldb.DB, f *Factors) (Factor, bool, error) {
		if f.Passkeys >= passkeysMax {
			return FactorPasskey, true, ErrPasskeys
		}
		fresh, err := useChallenge(ctx, tx, digest(a.Session.Challenge), a.Until)
		if err == nil && !fresh {
			err = ErrPasskey
		}
		if err != nil {
			return FactorPasskey, true, err
		}
		return FactorPasskey, true, insertPasskey(ctx, tx, s.keys, account, Passkey{ID: id.New(), Name: name, Added: s.now(), record: *record})
	})
}

// RenamePasskey returns ErrFactor.
func (s *Service) RenamePasskey(ctx context.Context, account, session, passkey, name string) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		there, err := renamePasskey(ctx, tx, s.keys, account, passkey, name)
		if err != nil {
			return fmt.Errorf("renaming a passkey: %w", err)
		}
		if !there {
			return ErrFactor
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_passkey_renamed", Object: "passkey/" + passkey})
	})
}

// RemovePasskey returns ErrFactor, and ErrSecondNeeded for the last factor of
// somebody who may not do without.
func (s *Service) RemovePasskey(ctx context.Context, account, session, passkey string) error {
	return s.changeFactors(ctx, account, session, func(tx *sqldb.DB, f *Factors) (Factor, bool, error) {
		if f.Obliged && f.Last(FactorPasskey) {
			return FactorPasskey, false, ErrSecondNeeded
		}
		there, err := deletePasskey(ctx, tx, account, passkey)
		if err == nil && !there {
			err = ErrFactor
		}
		return FactorPasskey, false, err
	})
}

// fitsPasskey takes the answer of a passkey that was asked for what, of the
// account or, with "", of whoever holds it. The challenge is used up in tx,
// which must be committed: so the verdict, ErrPasskey or ErrPasskeyCopied, comes
// apart from the error.
func (s *Service) fitsPasskey(ctx context.Context, tx *sqldb.DB, what, account, token, answer string) (holder string, verdict, err error) {
	a, err := s.openAsked(what, account, token)
	if err != nil {
		return "", err, nil
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return "", ErrPasskey, nil
	}
	fresh, err := useChallenge(ctx, tx, digest(a.Session.Challenge), a.Until)
	if err != nil || !fresh {
		return "", ErrPasskey, err
	}
	if holder = account; holder == "" {
		holder = string(parsed.Response.UserHandle)
	}
	if !id.Valid(holder) {
		return "", ErrPasskey, nil
	}
	user := passkeyUser{account: holder}
	if user.keys, err = passkeysOf(ctx, tx, s.keys, holder, tx.ForUpdate()); err != nil {
		return "", nil, err
	}
	record, err := s.validate(user, a.Session, parsed, account == "")
	if err != nil {
		return "", ErrPasskey, nil
	}
	for _, k := range user.keys {
		if !bytes.Equal(k.record.ID, record.ID) {
			continue
		}
		if record.Authenticator.CloneWarning {
			return holder, ErrPasskeyCopied, s.tellCopied(ctx, tx, holder, k)
		}
		k.record = *record
		return holder, nil, usedPasskey(ctx, tx, s.keys, holder, k, s.now())
	}
	return "", ErrPasskey, nil
}

func (s *Service) validate(user passkeyUser, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, anybody bool) (*webauthn.Credential, error) {
	if !anybody {
		return s.webauthn.ValidateLogin(user, session, parsed)
	}
	return s.webauthn.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return user, nil }, session, parsed)
}

// tellCopied tells the holder that somebody may have a copy of a passkey, which
// does not work any more.
func (s *Service) tellCopied(ctx context.Context, tx *sqldb.DB, account string, k Passkey) error {
	err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/copied/" + k.ID, Level: notify.Danger, SMS: true,
		Title: "account.notice_copied", Text: "account.notice_copied_text", Args: []any{"name", k.Name}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: audit.Portal(), Act: "account.audit_passkey_copied", Object: "passkey/" + k.ID})
}

// PasskeySignIn lets in whoever holds a passkey: it stands for both steps, and
// no wrong password keeps it out. in.Login and in.Password are not read. It
// returns ErrPasskey, ErrPasskeyCopied and limit.ErrTooMany.
func (s *Service) PasskeySignIn(ctx context.Context, c Client, token, answer string, in SignIn) (Entered, error) {
	if err := s.limits.TakeFast(limitSignIn, sourceOf(c.IP)); err != nil {
		return Entered{}, err
	}
	var holder string
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		holder, verdict, err = s.fitsPasskey(ctx, tx, passkeySignIn, "", token, answer)
		return err
	})
	if err = errors.Join(err, verdict); err != nil {
		return Entered{}, fmt.Errorf("signing in by a passkey: %w", err)
	}
	a, err := s.Account(ctx, holder)
	if err != nil {
		return Entered{}, err
	}
	return s.enter(ctx, c, a, in, Proof{Method: FactorPasskey.method(), Strong: true})
}

// PasskeyStep takes a passkey as the second step. It returns ErrFlow,
// ErrPasskey, ErrPasskeyCopied and limit.ErrTooMany.
func (s *Service) PasskeyStep(ctx context.Context, c Client, flowID, token, answer string, trust bool) (Started, Step, error) {
	if err := s.limits.TakeFast(limitSignIn, sourceOf(c.IP)); err != nil {
		return Started{}, Step{}, err
	}
	var started Started
	var step Step
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowSecond)
		if err != nil {
			return err
		}
		if _, verdict, err = s.fitsPasskey(ctx, tx, passkeyStep, f.account, token, answer); err != nil || verdict != nil {
			return err
		}
		a, err := accountByID(ctx, tx, f.account)
		if err != nil {
			return err
		}
		set, err := s.factorsOf(ctx, tx, a)
		if err != nil {
			return err
		}
		step = Step{Kept: f.data.Kept, Next: f.data.Next, data: f.data}
		started, err = s.passed(ctx, tx, c, f, a, &set, FactorPasskey, trust)
		return err
	})
	if err = errors.Join(err, verdict); err != nil {
		return Started{}, step, fmt.Errorf("taking the second step: %w", err)
	}
	return started, step, nil
}
