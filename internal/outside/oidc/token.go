package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kabinet/internal/outside/call"
	"kabinet/internal/outside/jwt"
)

const (
	keepFor = time.Hour   // metadata and keys
	retryIn = time.Minute // an unknown key has the keys read again at most so often
)

// metadata is what a provider says of itself.
type metadata struct {
	Endpoints
	SaysIssuer bool // it names itself when the person comes back (RFC 9207)
}

// metadata returns the provider's addresses. Old ones serve while the provider
// does not answer.
func (c *Client) metadata(ctx context.Context) (metadata, error) {
	if e := c.cfg.Endpoints; e.Auth != "" && e.Token != "" && e.Keys != "" {
		return metadata{Endpoints: e}, nil
	}
	c.mu.Lock()
	m, found := c.meta, c.found
	c.mu.Unlock()
	if !found.IsZero() && c.now().Sub(found).Abs() < keepFor {
		return m, nil
	}
	fresh, err := c.discover(ctx)
	if err != nil {
		if !found.IsZero() && errors.Is(err, call.ErrDown) {
			return m, nil
		}
		return metadata{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meta, c.found = fresh, c.now()
	return fresh, nil
}

// discover reads what the provider publishes of itself. It must name itself as
// the configuration does, or somebody plays another provider.
func (c *Client) discover(ctx context.Context) (metadata, error) {
	a, err := c.caller.Get(ctx, strings.TrimSuffix(c.cfg.Issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return metadata{}, err
	}
	var d struct {
		Issuer     string `json:"issuer"`
		Auth       string `json:"authorization_endpoint"`
		Token      string `json:"token_endpoint"`
		Keys       string `json:"jwks_uri"`
		UserInfo   string `json:"userinfo_endpoint"`
		Device     string `json:"device_authorization_endpoint"`
		SaysIssuer bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if a.Status != http.StatusOK {
		return metadata{}, fmt.Errorf("%w (it publishes nothing of itself: status %d)", call.ErrDown, a.Status)
	}
	if err := a.JSON(&d); err != nil {
		return metadata{}, err
	}
	if d.Issuer != c.cfg.Issuer {
		return metadata{}, ErrForeign
	}
	m := metadata{Endpoints{Auth: d.Auth, Token: d.Token, Keys: d.Keys, UserInfo: d.UserInfo, Device: d.Device}, d.SaysIssuer}
	if m.Auth == "" || m.Token == "" || m.Keys == "" {
		return metadata{}, fmt.Errorf("%w (it leaves out where to go)", call.ErrDown)
	}
	for _, address := range []string{m.Auth, m.Token, m.Keys, m.UserInfo, m.Device} {
		if address != "" && c.plain(address) {
			return metadata{}, fmt.Errorf("%w (it names an address without https)", call.ErrDown)
		}
	}
	return m, nil
}

// keySet returns the provider's keys, read anew when fresh and they are older
// than retryIn.
func (c *Client) keySet(ctx context.Context, m metadata, fresh bool) ([]jwt.Key, error) {
	c.mu.Lock()
	keys, read := c.keys, c.read
	c.mu.Unlock()
	age := c.now().Sub(read).Abs()
	if !read.IsZero() && (age < keepFor && !fresh || age < retryIn) {
		return keys, nil
	}
	a, err := c.caller.Get(ctx, m.Keys, nil)
	if err == nil && a.Status == http.StatusOK {
		if keys, err = jwt.Keys(a.Body); err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.keys, c.read = keys, c.now()
		return keys, nil
	}
	if !read.IsZero() {
		return keys, nil
	}
	return nil, fmt.Errorf("%w (it does not publish its keys)", call.ErrDown)
}

// known are the claims of an ID token that are checked.
type known struct {
	jwt.Times
	Issuer     string    `json:"iss"`
	Subject    string    `json:"sub"`
	Audience   jwt.Texts `json:"aud"`
	Party      string    `json:"azp"`
	Nonce      string    `json:"nonce"`
	AccessHash string    `json:"at_hash"`
}

// claims checks an ID token and returns what it says. nonce is "" for a sign-in
// by a second device, which is bound by its code alone.
func (c *Client) claims(ctx context.Context, m metadata, token, nonce, access string) (Claims, error) {
	var raw json.RawMessage
	var h jwt.Header
	for _, fresh := range []bool{false, true} {
		keys, err := c.keySet(ctx, m, fresh)
		if err != nil {
			return nil, err
		}
		if h, err = jwt.Open(token, c.cfg.Algs, keys, &raw); err == nil {
			break
		} else if fresh || !errors.Is(err, jwt.ErrKey) {
			return nil, err
		}
	}
	var k known
	all := Claims{}
	if json.Unmarshal(raw, &k) != nil || json.Unmarshal(raw, &all) != nil {
		return nil, fmt.Errorf("%w: its claims are not those of the protocol", jwt.ErrToken)
	}
	if err := k.Check(c.now()); err != nil {
		return nil, err
	}
	if flaw := c.flaw(k, h, nonce, access); flaw != "" {
		return nil, fmt.Errorf("%w: %s", jwt.ErrToken, flaw)
	}
	return all, nil
}

// flaw tells why a token that is rightly signed is not an answer to our request.
func (c *Client) flaw(k known, h jwt.Header, nonce, access string) string {
	switch {
	case h.Typ != "" && !strings.EqualFold(h.Typ, "JWT"):
		return "it is for another purpose"
	case k.Issuer != c.cfg.Issuer:
		return "another provider made it"
	case !slices.Contains(k.Audience, c.cfg.ClientID), k.Party != "" && k.Party != c.cfg.ClientID, len(k.Audience) > 1 && k.Party == "":
		return "it is another client's"
	case k.Subject == "" || len(k.Subject) > 255:
		return "it does not say whose it is"
	case subtle.ConstantTimeCompare([]byte(k.Nonce), []byte(nonce)) != 1:
		return "it answers another request"
	case k.AccessHash != "" && k.AccessHash != half(h.Alg, access):
		return "the access token is not the one it came with"
	}
	return ""
}

// half is the claim at_hash of an access token (OpenID Connect Core 3.1.3.6).
func half(alg, access string) string {
	var sum []byte
	switch alg[2:] {
	case "384":
		h := sha512.Sum384([]byte(access))
		sum = h[:]
	case "512":
		h := sha512.Sum512([]byte(access))
		sum = h[:]
	default:
		h := sha256.Sum256([]byte(access))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// Claims are what a provider says of a person.
type Claims map[string]any

// Text returns a claim that is a text, "" for any other. A name with dots leads
// into groups: "passport.series".
func (c Claims) Text(name string) string {
	s, _ := c.value(name).(string)
	return strings.TrimSpace(s)
}

// Truth returns a claim that is true or false; some providers write it as text.
func (c Claims) Truth(name string) (value, there bool) {
	switch v := c.value(name).(type) {
	case bool:
		return v, true
	case string:
		return v == "true", true
	}
	return false, false
}

// Texts returns a claim that is a list of texts, or one of them.
func (c Claims) Texts(name string) (all []string) {
	switch v := c.value(name).(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

func (c Claims) value(name string) any {
	group, rest, deeper := strings.Cut(name, ".")
	v, there := c[name]
	if there || !deeper {
		return v
	}
	inner, ok := c[group].(map[string]any)
	if !ok {
		return nil
	}
	return Claims(inner).value(rest)
}
