// Package oidc signs people in through a provider that speaks OpenID Connect:
// as a confidential client by authorisation code with PKCE, and by a code shown
// to a second device (RFC 8628) where the provider offers it.
//
// What comes back is believed only when it belongs to the request that was sent
// (state is the caller's, nonce and verifier are checked here), to this client
// and to this provider, and when it is signed by a key that the provider
// publishes. Nothing is asked at start: addresses and keys are read when they
// are first needed, kept for an hour, and a provider that is down costs nobody
// but those who sign in through it.
//
// Sources: OpenID Connect Core 1.0, Discovery 1.0; RFC 6749, 7636, 8628, 9207.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"kabinet/internal/outside/call"
	"kabinet/internal/outside/jwt"
)

var (
	// ErrDenied is returned when the person, or the provider, said no.
	ErrDenied = errors.New("the provider said no")
	// ErrOver is returned for a code that was used already or is too old.
	ErrOver = errors.New("the code is over")
	// ErrForeign is returned for an answer that another provider gave.
	ErrForeign = errors.New("the answer is another provider's")
	// ErrPending is returned while the second device has not confirmed.
	ErrPending = errors.New("not confirmed yet")
	// ErrHasty is ErrPending to somebody who asks too often.
	ErrHasty = errors.New("asked too often")
)

// Endpoints of a provider. Those that are "" are read from what the provider
// publishes of itself, unless Auth, Token and Keys are given.
type Endpoints struct {
	Auth      string
	Token     string
	Keys      string
	UserInfo  string
	Device    string // where a code for a second device is got
	Completed string // told of a sign-in that came to its end
}

// Config of one provider.
type Config struct {
	Issuer   string // as tokens name it
	ClientID string
	Secret   string
	Post     bool // the secret goes with the form, not as HTTP Basic
	Scopes   []string
	Algs     []string // of tokens; nil is RS256, PS256, ES256
	Endpoints
	Extra map[string]string // more parameters of the address to go to
	// RequestIDs has every question to the provider carry an ID of its own, as
	// Сбер ID wants: rquid, and x-introspect-rquid for the person's data.
	RequestIDs  bool
	Certificate *tls.Certificate // of the client; nil for none
	Timeout     time.Duration    // of one question; 0: 8 s
	Now         func() time.Time // nil: time.Now
}

// Client signs people in through one provider. Its methods may be called at once.
type Client struct {
	cfg    Config
	now    func() time.Time
	caller *call.Caller

	mu    sync.Mutex
	meta  metadata
	found time.Time // when meta was read
	keys  []jwt.Key
	read  time.Time // when keys were
}

// New returns a client. It asks nothing yet.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	if len(c.Algs) == 0 {
		c.Algs = []string{"RS256", "PS256", "ES256"}
	}
	return &Client{cfg: c, now: c.Now, caller: call.New(call.Options{Timeout: c.Timeout, Now: c.Now, Certificate: c.Certificate})}
}

// Request is what the person takes along to the provider.
type Request struct {
	State    string
	Nonce    string
	Verifier string // of PKCE
	Redirect string // where the person comes back to
	Hint     string // who they are, as the provider knows them; "" says nothing
}

// AuthURL returns the address to go to. It returns call.ErrDown.
func (c *Client) AuthURL(ctx context.Context, q Request) (string, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(m.Auth)
	if err != nil {
		return "", fmt.Errorf("%w (it names no address to go to)", call.ErrDown)
	}
	challenge := sha256.Sum256([]byte(q.Verifier))
	v := u.Query()
	for name, value := range c.cfg.Extra {
		v.Set(name, value)
	}
	for name, value := range map[string]string{
		"response_type": "code", "client_id": c.cfg.ClientID, "scope": strings.Join(c.cfg.Scopes, " "), "redirect_uri": q.Redirect,
		"state": q.State, "nonce": q.Nonce, "code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method": "S256",
	} {
		v.Set(name, value)
	}
	if q.Hint != "" {
		v.Set("login_hint", q.Hint)
	}
	u.RawQuery = v.Encode()
	return u.String(), nil
}

// Return is what the person brings back, with what was remembered of the
// Request.
type Return struct {
	Code     string
	Issuer   string // parameter iss; "" when there was none
	Nonce    string
	Verifier string
	Redirect string
}

// Finish turns a code into who the person is. It returns ErrOver, ErrForeign,
// jwt.ErrToken and call.ErrDown.
func (c *Client) Finish(ctx context.Context, r Return) (Claims, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	if r.Issuer != "" && r.Issuer != c.cfg.Issuer || r.Issuer == "" && m.SaysIssuer {
		return nil, ErrForeign
	}
	return c.token(ctx, m, r.Nonce, url.Values{
		"grant_type": {"authorization_code"}, "code": {r.Code}, "redirect_uri": {r.Redirect}, "code_verifier": {r.Verifier},
	})
}

// answer of the token endpoint.
type answer struct {
	Access string `json:"access_token"`
	ID     string `json:"id_token"`
	Type   string `json:"token_type"`
	Error  string `json:"error"`
}

// token asks the token endpoint and then for the person's data.
func (c *Client) token(ctx context.Context, m metadata, nonce string, form url.Values) (Claims, error) {
	var a answer
	status, err := c.post(ctx, m.Token, form, &a)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK || a.Error != "" {
		return nil, refusal(a.Error, status)
	}
	if a.ID == "" || a.Access == "" || !strings.EqualFold(a.Type, "Bearer") {
		return nil, fmt.Errorf("%w: there is none", jwt.ErrToken)
	}
	claims, err := c.claims(ctx, m, a.ID, nonce, a.Access)
	if err != nil {
		return nil, err
	}
	if err := c.userInfo(ctx, m, a.Access, claims); err != nil {
		return nil, err
	}
	if m.Completed != "" {
		// The person is known whether or not the provider hears of it.
		_, _ = c.caller.Get(ctx, m.Completed, c.bearer(a.Access))
	}
	return claims, nil
}

// refusal is what an error of the token endpoint means.
func refusal(code string, status int) error {
	switch code {
	case "invalid_grant", "expired_token":
		return ErrOver
	case "access_denied":
		return ErrDenied
	case "authorization_pending":
		return ErrPending
	case "slow_down":
		return ErrHasty
	}
	return fmt.Errorf("%w (it refuses this client: status %d)", call.ErrDown, status)
}

// post sends a form in the name of this client.
func (c *Client) post(ctx context.Context, address string, form url.Values, into any) (status int, err error) {
	header := http.Header{}
	if c.cfg.Post {
		form.Set("client_id", c.cfg.ClientID)
		form.Set("client_secret", c.cfg.Secret)
	} else {
		pair := url.QueryEscape(c.cfg.ClientID) + ":" + url.QueryEscape(c.cfg.Secret)
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	if c.cfg.RequestIDs {
		header.Set("rquid", requestID())
	}
	a, err := c.caller.Post(ctx, address, form, header)
	if err != nil {
		return 0, err
	}
	return a.Status, a.JSON(into)
}

// requestID returns 32 hexadecimal characters.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (c *Client) bearer(token string) http.Header {
	h := http.Header{"Authorization": {"Bearer " + token}}
	if c.cfg.RequestIDs {
		h.Set("x-introspect-rquid", requestID())
	}
	return h
}

// userInfo adds what the provider says of the person besides.
func (c *Client) userInfo(ctx context.Context, m metadata, token string, claims Claims) error {
	if m.UserInfo == "" {
		return nil
	}
	a, err := c.caller.Get(ctx, m.UserInfo, c.bearer(token))
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("%w (it does not tell who it is: status %d)", call.ErrDown, a.Status)
	}
	more := Claims{}
	if err := a.JSON(&more); err != nil {
		return err
	}
	if more.Text("sub") != claims.Text("sub") {
		return fmt.Errorf("%w: the data are somebody else's", jwt.ErrToken)
	}
	for name, value := range more {
		if _, there := claims[name]; !there {
			claims[name] = value
		}
	}
	return nil
}

// Device is a code that a second device confirms.
type Device struct {
	Code     string        // to ask by
	UserCode string        // shown on both devices
	URL      string        // that the second device opens
	Until    time.Time     // when it is over
	Interval time.Duration // between questions
}

// Scan begins a sign-in that a second device confirms. It returns
// errors.ErrUnsupported when the provider does not offer it, and call.ErrDown.
func (c *Client) Scan(ctx context.Context) (Device, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return Device{}, err
	}
	if m.Device == "" {
		return Device{}, errors.ErrUnsupported
	}
	var a struct {
		Code     string `json:"device_code"`
		UserCode string `json:"user_code"`
		URL      string `json:"verification_uri"`
		Whole    string `json:"verification_uri_complete"`
		Seconds  int    `json:"expires_in"`
		Interval int    `json:"interval"`
	}
	status, err := c.post(ctx, m.Device, url.Values{"scope": {strings.Join(c.cfg.Scopes, " ")}}, &a)
	if err != nil {
		return Device{}, err
	}
	if a.Whole == "" {
		a.Whole = a.URL
	}
	if status != http.StatusOK || a.Code == "" || a.UserCode == "" || a.Seconds <= 0 || c.plain(a.Whole) {
		return Device{}, fmt.Errorf("%w (it gives no code for a second device: status %d)", call.ErrDown, status)
	}
	if a.Interval <= 0 {
		a.Interval = 5 // RFC 8628 3.2
	}
	return Device{Code: a.Code, UserCode: a.UserCode, URL: a.Whole, Until: c.now().Add(time.Duration(min(a.Seconds, 600)) * time.Second),
		Interval: time.Duration(min(a.Interval, 60)) * time.Second}, nil
}

// Poll asks whether the second device confirmed. It returns ErrPending,
// ErrHasty, ErrDenied, ErrOver, jwt.ErrToken and call.ErrDown.
func (c *Client) Poll(ctx context.Context, code string) (Claims, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	return c.token(ctx, m, "", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code}})
}

// plain reports whether an address lacks the protection that the issuer's has.
func (c *Client) plain(address string) bool {
	return strings.HasPrefix(c.cfg.Issuer, "https://") && !strings.HasPrefix(address, "https://")
}

// Denied reports what an error in the address that the person came back to
// means: ErrDenied, or call.ErrDown for a provider that failed.
func Denied(code string) error {
	if slices.Contains([]string{"temporarily_unavailable", "server_error"}, code) {
		return call.ErrDown
	}
	return ErrDenied
}
