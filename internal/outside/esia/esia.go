// Package esia signs people in through ЕСИА: its OAuth 2.0 with requests that the
// portal signs by GOST, its tokens, the person's data and level.
//
// Two flows are spoken. In PKCS7 a request carries a detached CMS signature of
// scope, timestamp, client and state. In Hash, the current one, it carries a raw
// signature of GOST R 34.10-2012-256 over more parameters and the hash of the
// certificate. The signature is made by a Signer: the portal holds no key in
// earnest, an installation gives it a certified tool.
//
// The connector speaks the protocol as its public clients do; it is not
// certified. PKCE and the nonce of OpenID Connect are unknown of ЕСИА and not
// used: an answer is bound to its request by the state, which is signed, and to
// this system by the signature without which its code is worth nothing.
package esia

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kabinet/internal/outside/call"
	"kabinet/internal/outside/jwt"
)

// Flow is how requests are signed and where they go.
type Flow string

// The flows.
const (
	PKCS7 Flow = "pkcs7" // ac, te
	Hash  Flow = "hash"  // v2/ac, v3/te
)

// ErrState is returned when the answer of the token endpoint repeats another
// state than was sent.
var ErrState = errors.New("the answer is to another request")

// Error is a refusal by ЕСИА.
type Error struct{ Code string } // six digits: "007004"; "" when there was none

func (e *Error) Error() string { return "refused with ESIA-" + e.Code }

var codeShape = regexp.MustCompile(`ESIA-(\d{6})`)

// refusal reads the code in a description.
func refusal(description string) error {
	code := ""
	if m := codeShape.FindStringSubmatch(description); m != nil {
		code = m[1]
	}
	return &Error{code}
}

// Signer signs data: for PKCS7 a detached CMS in DER with the certificate inside,
// for Hash 64 bytes, s then r, each big-endian.
type Signer func(ctx context.Context, data []byte) ([]byte, error)

// Paths of ЕСИА below its address; "" is the usual one of the flow.
type Paths struct{ Auth, Token, Person string }

// Config of the connector.
type Config struct {
	URL             string // without a slash at the end
	Paths           Paths
	Issuer          string // as tokens name it: http and a slash at the end
	ClientID        string // mnemonic of the system
	Flow            Flow
	Scopes          []string
	ScopeOrg        []string // of the organisation; only with Hash
	CertificateHash string   // Streebog-256 of the certificate in DER, hex; only with Hash
	Sign            Signer
	Algs            []string  // of tokens: RS256, GOST3410_2012_256
	Keys            []jwt.Key // that ЕСИА signs them with
	Timeout         time.Duration
	Now             func() time.Time // nil: time.Now
}

// Client signs people in. Its methods may be called at once.
type Client struct {
	cfg    Config
	now    func() time.Time
	caller *call.Caller
}

// New returns a client.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	usual := Paths{"/aas/oauth2/ac", "/aas/oauth2/te", "/rs/prns/"}
	if c.Flow == Hash {
		usual.Auth, usual.Token = "/aas/oauth2/v2/ac", "/aas/oauth2/v3/te"
	}
	for _, p := range []struct{ mine, usual *string }{{&c.Paths.Auth, &usual.Auth}, {&c.Paths.Token, &usual.Token}, {&c.Paths.Person, &usual.Person}} {
		if *p.mine == "" {
			*p.mine = *p.usual
		}
	}
	return &Client{cfg: c, now: c.Now, caller: call.New(call.Options{Timeout: c.Timeout, Now: c.Now})}
}

// stampLayout is how a request says when it was made.
const stampLayout = "2006.01.02 15:04:05 -0700"

// request is what is signed.
type request struct {
	client, scope, scopeOrg, stamp, state, redirect, code string
}

// text is the string to sign: values one after another, nothing between them.
func (r request) text(f Flow) string {
	if f == PKCS7 {
		return r.scope + r.stamp + r.client + r.state
	}
	return r.client + r.scope + r.scopeOrg + r.stamp + r.state + r.redirect + r.code
}

// signed returns the parameters that a request begins with, and its signature.
func (c *Client) signed(ctx context.Context, state, redirect, code string) (url.Values, error) {
	r := request{client: c.cfg.ClientID, scope: strings.Join(c.cfg.Scopes, " "), scopeOrg: strings.Join(c.cfg.ScopeOrg, " "),
		stamp: c.now().Format(stampLayout), state: state, redirect: redirect, code: code}
	signature, err := c.cfg.Sign(ctx, []byte(r.text(c.cfg.Flow)))
	if err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	v := url.Values{"client_id": {r.client}, "client_secret": {base64.URLEncoding.EncodeToString(signature)}, "scope": {r.scope}, "timestamp": {r.stamp},
		"state": {r.state}, "redirect_uri": {r.redirect}}
	if c.cfg.Flow == Hash {
		v.Set("client_certificate_hash", c.cfg.CertificateHash)
		if r.scopeOrg != "" {
			v.Set("scope_org", r.scopeOrg)
		}
	}
	return v, nil
}

// AuthURL returns the address to send somebody to. state is a fresh UUID.
func (c *Client) AuthURL(ctx context.Context, state, redirect string) (string, error) {
	v, err := c.signed(ctx, state, redirect, "")
	if err != nil {
		return "", err
	}
	v.Set("response_type", "code")
	v.Set("access_type", "online")
	return c.cfg.URL + c.cfg.Paths.Auth + "?" + v.Encode(), nil
}

// Finish turns what the person brought back into who they are; the caller has
// compared the state. It returns an *Error, ErrState, jwt.ErrToken and
// call.ErrDown.
func (c *Client) Finish(ctx context.Context, back url.Values, redirect string) (Person, error) {
	if back.Has("error") {
		return Person{}, refusal(back.Get("error_description"))
	}
	t, err := c.exchange(ctx, back.Get("code"), redirect)
	if err != nil {
		return Person{}, err
	}
	who, err := c.tokens(t)
	if err != nil {
		return Person{}, err
	}
	return c.person(ctx, who, t.Access)
}

// answer of the token endpoint.
type answer struct {
	Access      string `json:"access_token"`
	ID          string `json:"id_token"`
	State       string `json:"state"`
	Type        string `json:"token_type"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// exchange turns a code into tokens.
func (c *Client) exchange(ctx context.Context, code, redirect string) (answer, error) {
	state := newState()
	v, err := c.signed(ctx, state, redirect, code)
	if err != nil {
		return answer{}, err
	}
	v.Set("grant_type", "authorization_code")
	v.Set("code", code)
	v.Set("token_type", "Bearer")
	got, err := c.caller.Post(ctx, c.cfg.URL+c.cfg.Paths.Token, v, nil)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := got.JSON(&a); err != nil {
		return answer{}, err
	}
	switch {
	case a.Error != "" || got.Status != http.StatusOK:
		return answer{}, refusal(a.Description)
	case a.State != state:
		return answer{}, ErrState
	case a.Access == "" || a.ID == "" || !strings.EqualFold(a.Type, "Bearer"):
		return answer{}, fmt.Errorf("%w: there is none", jwt.ErrToken)
	}
	return a, nil
}

// newState returns a random UUID (version 4).
func newState() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// number is an identifier that comes as a number or as a text.
type number string

// UnmarshalJSON reads either form.
func (n *number) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*n = number(text)
		return nil
	}
	var digits json.Number
	if err := json.Unmarshal(data, &digits); err != nil {
		return errors.New("neither a number nor a text")
	}
	*n = number(digits)
	return nil
}
