package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"kabinet/internal/platform/sqldb"
)

// Codes of apps. Source: RFC 6238, with what every app takes: SHA-1, six digits,
// 30 seconds.
const (
	appSecret = 20 // bytes
	appPeriod = 30 // seconds
	appSkew   = 1  // steps before and after the one of now
	// appSetup is how long the page of the set-up serves.
	appSetup = 30 * time.Minute
)

// AppSetup is an app that is being set up: shown once, kept by nobody until a
// code of it is given.
type AppSetup struct {
	Secret string // base32, for typing
	URL    string // otpauth:, for the QR code
	Token  string // the secret sealed for the account, to come back with the code
}

type appToken struct {
	Secret []byte    `json:"secret"`
	Until  time.Time `json:"until"`
}

// NewApp makes the secret of an app for the account.
func (s *Service) NewApp(ctx context.Context, account string) (AppSetup, error) {
	a, err := s.Account(ctx, account)
	if err != nil {
		return AppSetup{}, err
	}
	t := appToken{Secret: make([]byte, appSecret), Until: s.now().Add(appSetup)}
	rand.Read(t.Secret)
	return s.appSetup(ctx, a, t)
}

// AgainApp is the set-up that a token came from, to show it again after a wrong
// code. It returns ErrFlow.
func (s *Service) AgainApp(ctx context.Context, account, token string) (AppSetup, error) {
	a, err := s.Account(ctx, account)
	if err != nil {
		return AppSetup{}, err
	}
	t, err := s.openApp(account, token)
	if err != nil {
		return AppSetup{}, err
	}
	return s.appSetup(ctx, a, t)
}

func (s *Service) appSetup(ctx context.Context, a Account, t appToken) (AppSetup, error) {
	sealed, err := s.keys.SealJSON("account_factor", "setup", a.ID, t)
	if err != nil {
		return AppSetup{}, fmt.Errorf("setting up an app: %w", err)
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.Secret)
	issuer := s.say(ctx, a.Lang, "account.app_issuer")
	query := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return AppSetup{Secret: secret, Token: base64.RawURLEncoding.EncodeToString(sealed),
		URL: "otpauth://totp/" + url.PathEscape(issuer+":"+a.Number) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")}, nil
}

func (s *Service) openApp(account, token string) (t appToken, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return t, ErrFlow
	}
	plain, err := s.keys.Open("account_factor", "setup", account, raw)
	if err != nil {
		return t, ErrFlow
	}
	if err := json.Unmarshal(plain, &t); err != nil || !s.now().Before(t.Until) {
		return t, ErrFlow
	}
	return t, nil
}

// AddApp keeps the app whose token and code are given, switches the second step
// on and tells the holder. It returns ErrFlow, ErrCode, ErrFactorThere.
func (s *Service) AddApp(ctx context.Context, account, session, token, typed string) error {
	t, err := s.openApp(account, token)
	if err != nil {
		return err
	}
	if err := s.limits.TakeFast(limitFactorTries, account); err != nil {
		return err
	}
	step, fits := appStep(t.Secret, cleanCode(typed), s.now())
	if !fits {
		return ErrCode
	}
	sealed := s.keys.Seal("account_factor", "app", account, t.Secret)
	return s.changeFactors(ctx, account, session, func(tx *sqldb.DB, _ *Factors) (Factor, bool, error) {
		added, err := insertApp(ctx, tx, account, sealed, step, s.now())
		if err == nil && !added {
			err = ErrFactorThere
		}
		return FactorApp, true, err
	})
}

// appStep returns the step of time whose code was typed.
func appStep(secret []byte, typed string, now time.Time) (int64, bool) {
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	found, fits := int64(0), false
	for step := now.Unix()/appPeriod - appSkew; step <= now.Unix()/appPeriod+appSkew; step++ {
		code, err := hotp.GenerateCodeCustom(key, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			found, fits = step, true
		}
	}
	return found, fits
}

// fitsApp uses up a code of the app in tx. A code fits once, also after a
// restart, and so does every code older than it.
func (s *Service) fitsApp(ctx context.Context, tx *sqldb.DB, account string, f *Factors, typed string) (bool, error) {
	if !f.App {
		return false, nil
	}
	secret, err := s.keys.Open("account_factor", "app", account, f.app)
	if err != nil {
		return false, fmt.Errorf("opening the secret of an app: %w", err)
	}
	step, fits := appStep(secret, cleanCode(typed), s.now())
	if !fits {
		return false, nil
	}
	return useAppStep(ctx, tx, account, step, s.now())
}
